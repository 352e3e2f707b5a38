# /admin: що вирішують ті, хто керує сервером.

cmd-admin =
    .description = Для тих, хто керує цим сервером: його власні правила
cmd-admin-setup =
    .description = Крок за кроком налаштувати бота на цьому сервері й випробувати
cmd-admin-view =
    .description = Усе, що вирішено для цього сервера
cmd-admin-channel =
    .description = У яких голосових каналах можна проводити співбесіди
    .param-channel = Який голосовий канал
    .param-action = Що з ним зробити
    .choice-action-allow = дозволити (і лише дозволені)
    .choice-action-refuse = заборонити
    .choice-action-clear = ні те, ні інше
cmd-admin-role =
    .description = Хто може починати співбесіди, а хто користуватися /mod
    .param-kind = Для чого
    .param-role = Яка роль; порожньо, якщо жодної
    .choice-kind-host = починає співбесіди
    .choice-kind-moderator = користується /mod
cmd-admin-retention =
    .description = Зберігати тут не так довго, як деінде
    .param-draft-minutes = Скільки хвилин після співбесіди ще можна зберегти сказане; щонайбільше 30
    .param-audit-days = Скільки днів зберігати, що робили модератори; щонайбільше 90
cmd-admin-limits =
    .description = Скільки тут можна практикуватися; що пропустите, не зміниться
    .param-person-minutes = Хвилин для кожної людини на день; 0, якщо без обмеження
    .param-server-minutes = Хвилин співбесід на день, разом для всіх; 0, якщо без обмеження
    .param-interviews = Скільки співбесід на день може почати кожна людина; 0, якщо без обмеження
    .param-month-tokens = Скільки токенів на місяць для відгуків; 0, якщо без власного обмеження
    .param-month-cost = Те саме грошима, у валюті власника бота
cmd-admin-provider =
    .description = Чи можна тут просити про відгук мовної моделі
    .param-feedback = Увімкнено чи вимкнено; виміри й нотатки людей працюють завжди
    .choice-feedback-on = увімкнено
    .choice-feedback-off = вимкнено
cmd-admin-language =
    .description = Мова того, що тут бачать усі
    .param-language = Яка саме
    .choice-language-discord = як Discord цього сервера
    .choice-language-en = English
    .choice-language-de = Deutsch
    .choice-language-uk = Українська
cmd-admin-minimum-age =
    .description = Зі скількох років тут можна брати участь
    .param-years = Лише більше, ніж у самого бота; у нього 16 років
cmd-admin-notice =
    .description = Ваш рядок в оголошенні кожної співбесіди
    .param-text = Що в ньому написано; порожньо, якщо нічого
cmd-admin-log-channel =
    .description = Де повідомляти, що робили модератори
    .param-channel = Текстовий канал, який бачать лише модератори; порожньо, якщо ніде
cmd-admin-purge =
    .description = Видалити все про цей сервер; те, що належить людям, залишиться їхнім

admin-only = Це можуть лише учасники з дозволом «Керувати сервером».
admin-changed = Змінено.
admin-nothing-named = Нічого не змінено: вкажіть хоча б одне зі значень.
admin-no-price = Власник бота не вказав ціни відгуків: задайте натомість month-tokens.

## The wizard

admin-setup-intro =
    {""}**Налаштуймо пробні співбесіди.** Виберіть, що має бути інакше; потрібен лише голосовий канал. Потім натисніть кнопку: вона перевірить, що боту дозволено, надішле в цей канал пробне повідомлення й видалить його.
admin-setup-channel = Голосовий канал для співбесід
admin-setup-role = Роль, що може починати співбесіди; якщо жодної, то всі
admin-setup-language = Мова того, що бачать усі
admin-setup-log = Канал для дій модераторів; якщо жодного, то ніде
admin-setup-check = Перевірити й завершити
admin-setup-no-channel = Спершу виберіть голосовий канал, а потім натисніть кнопку ще раз.
admin-setup-missing = **Ще ні: боту бракує дозволів.** Нічого не змінено.
admin-setup-lacks = - **{ $permission }** у { $channel }
admin-setup-grant = Щоб надати: «Редагувати канал», «Дозволи», додайте роль бота й дозвольте назване. Потім спробуйте ще раз.
admin-setup-refused = { $channel } не прийняв пробного повідомлення: перевірте, чи може бот там писати, і натисніть кнопку ще раз. Нічого не змінено.
admin-setup-test = Пробне оголошення. Його одразу буде видалено.
admin-setup-done = **Готово.** Зайдіть у { $channel } і скористайтеся /interview start. Побачити й змінити все можна через /admin view та інші команди /admin.
admin-setup-mark = -# З дозволом «Змінювати псевдонім» бот міг би ще й позначати своє ім’я, поки чує людей; без нього доведеться обійтися оголошенням.
admin-setup-try = Ви вже в тому голосовому каналі? Тоді перевірте, що все працює: це робить те саме, що й /interview start.
admin-setup-begin = Почати співбесіду

## What was decided

admin-view-head = **Що вирішено для цього сервера**
admin-view-channels = - Співбесіди в: { $allowed }; не в: { $refused }
admin-view-roles = - Починають співбесіди: { $host }; користуються /mod, на додачу до модераторів: { $moderator }
admin-view-retention = - Сказане можна зберегти протягом { $minutes } хв; дії модераторів зберігаються { $days } дн.
admin-view-limits = - На день: хвилин для людини { $person }, для сервера { $server }, початих співбесід { $interviews }; токенів для відгуків на місяць: { $tokens }
admin-view-provider = - Відгуки мовної моделі: { $on ->
    [yes] можна просити
   *[no] вимкнено
}
admin-view-language = - Мова для всіх: { $language }; мінімальний вік: { $age }
admin-view-notice = - Власний рядок в оголошенні: { $text }
admin-view-log = - Про дії модераторів повідомляється в: { $channel }
admin-view-cooldowns = - Перерва після співбесіди: { $channels }
admin-view-everywhere = усюди
admin-view-none = немає
admin-view-everybody = усі
admin-view-no-limit = без обмеження
admin-view-as-discord = як Discord цього сервера

## Deleting

# What must be typed, in lower case.
admin-purge-word = сервер
admin-purge-title = Видалити все про цей сервер
admin-purge-intro =
    Це видаляє те, **що зберігається про цей сервер**: його налаштування, власні запитання, чергу, блокування, дії модераторів і те, скільки практикувалися. Скасувати це неможливо.

    Те, що зберегли люди, належить їм і залишається; вони видаляють це через /privacy. Використане цього місяця для відгуків залишається до кінця місяця.
admin-purge-label = Щоб продовжити, введіть «{ $word }»
admin-purge-wrong = Нічого не видалено, бо це не те слово: скористайтеся командою ще раз і введіть «{ $word }».
admin-purged = { $count ->
    [0] Про цей сервер нічого не зберігалося, тож видаляти нічого.
    [one] Остаточно видалено { $count } запис.
    [few] Остаточно видалено { $count } записи.
   *[many] Остаточно видалено { $count } записів.
}
