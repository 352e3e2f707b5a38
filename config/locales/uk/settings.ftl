# /settings: що людина обирає для себе.

cmd-settings =
    .description = Ваша мова, часовий пояс та інше; це бачите лише ви
    .param-language = Якою мовою вам відповідати
    .choice-language-discord = як у Discord
    .choice-language-en = English
    .choice-language-de = Deutsch
    .choice-language-uk = Українська
    .param-time-zone = Ваш часовий пояс, наприклад Europe/Kyiv
    .param-captions = Як вас називати біля ваших слів у субтитрах наживо
    .choice-captions-name = моє відображуване ім’я
    .choice-captions-initials = мої ініціали
    .param-dm-results = Чи надсилати особистим повідомленням результати, які готуються довше
    .param-invitations = Чи можуть учасники запрошувати вас на пробну співбесіду

settings-failed = Не вийшло, і це наша провина. Нічого не змінено й не втрачено; спробуйте, будь ласка, ще раз за мить.
settings-no-such-zone = Такого часового поясу немає: виберіть зі списку, наприклад Europe/Kyiv.
settings-title = **Ваші налаштування**
settings-changed = **Збережено.** Ваші налаштування тепер:
settings-as-discord = як у Discord
settings-language = Мова: { $language }
settings-time-zone = Часовий пояс: { $zone }
settings-captions-name = У субтитрах наживо вас названо відображуваним ім’ям.
settings-captions-initials = У субтитрах наживо вас названо ініціалами.
settings-results-dm = Результати, які готуються довше, приходять особистим повідомленням.
settings-results-here = Результати вам не надсилають: ви відкриваєте їх командою.
settings-invitations-on = Учасники можуть запрошувати вас на пробну співбесіду.
settings-invitations-off = Ніхто не може запрошувати вас на пробну співбесіду.
settings-streak-on = Ваші дні практики рахуються: /questions practice-streak
settings-streak-off = Ваші дні практики не рахуються.
settings-kept = -# Зашифровано вашим власним ключем, входить до /privacy export, зникає з /privacy delete-account.
