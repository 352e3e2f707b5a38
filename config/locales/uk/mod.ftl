# /mod: що роблять модератори, і чого сервер не дозволяє.

cmd-mod =
    .description = Для модераторів: хто тут практикується, а кому не можна
cmd-mod-stop =
    .description = Закінчити співбесіду; усе, чого ніхто не зберіг, буде знищено
cmd-mod-sessions =
    .description = Що зараз триває і скільки сьогодні практикувалися
cmd-mod-roster =
    .description = Кого бот чує в співбесіді та з якого часу є згода; без жодного сказаного слова
cmd-mod-block =
    .description = Не дозволяти комусь починати тут співбесіди й долучатися до них
    .param-member = Кому
    .param-reason = Чому; людина про це дізнається
    .param-days = На скільки днів; якщо не вказати, 30
    .choice-reason-conduct = ставлення до інших
    .choice-reason-consent = нехтує тим, на що погодилися інші
    .choice-reason-age = вік менший, ніж було вказано
    .choice-reason-spam = спам
    .choice-reason-other = щось інше
cmd-mod-unblock =
    .description = Знову дозволити комусь практикуватися або побачити, кого заблоковано
    .param-member = Кому; порожньо показує, кого заблоковано
cmd-mod-cooldown =
    .description = Яка в голосовому каналі перерва після співбесіди
    .param-channel = Який голосовий канал
    .param-minutes = Скільки хвилин до наступної; 0, якщо без перерви
cmd-mod-audit =
    .description = Що тут робили модератори
    .param-days = За скільки днів; якщо не вказати, 30
    .param-format = Повідомленням чи файлом
    .choice-format-list = тут
    .choice-format-csv = файл CSV

mod-only = Це можуть лише учасники з дозволом «Модерувати учасників» або з роллю модератора цього сервера.
mod-failed = Не вийшло, і це наша провина. Нічого не змінено; спробуйте, будь ласка, ще раз за мить.

## What a server does not allow

mod-refused-blocked = Модератори цього сервера не дозволяють вам починати тут співбесіди й долучатися до них до { $until }; причина: { $reason }. Ваших даних і прав це не зачіпає: /privacy, /consent і /transcript працюють, як і раніше.
mod-refused-channel = У цьому голосовому каналі сервер не проводить співбесід: виберіть інший.
mod-refused-role = На цьому сервері співбесіди починають учасники з певною роллю: попросіть когось, хто її має.
mod-refused-cooldown = У цьому каналі між співбесідами перерва: спробуйте { $until } або в іншому каналі.
mod-refused-person-minutes = Ви вичерпали { $count ->
    [one] { $count } хвилину
    [few] { $count } хвилини
   *[many] { $count } хвилин
}, які цей сервер дозволяє вам на день: продовжуйте після { $until }.
mod-refused-server-minutes = Цей сервер вичерпав { $count ->
    [one] { $count } хвилину
    [few] { $count } хвилини
   *[many] { $count } хвилин
} співбесід на сьогодні: продовжуйте після { $until }.
mod-refused-interviews = Сьогодні ви почали тут { $count ->
    [one] { $count } співбесіду
    [few] { $count } співбесіди
   *[many] { $count } співбесід
}, і більше цей сервер не дозволяє: продовжуйте після { $until } або долучіться до чужої.
mod-refused-ai = Цей сервер не дозволяє відгуків мовної моделі. Підрахунки й нотатки людей працюють, а деінде ви можете попросити про такий відгук: стенограма належить вам.
mod-reason-conduct = ваше ставлення до інших
mod-reason-consent = ви нехтуєте тим, на що погодилися інші
mod-reason-age = ви молодші, ніж сказали
mod-reason-spam = спам
mod-reason-other = інша, не зі звичних

## What was done

mod-stopped = Співбесіду закінчено, і все, чого ніхто не зберіг, знищено. Збережене раніше належить тим, хто його зберіг, і залишається.
mod-none-running = На цьому сервері немає співбесіди.
mod-session = У { $channel } триває співбесіда: { $length }. { $people ->
    [0] Поки що ніхто не бере участі.
    [one] Бере участь { $people } людина.
    [few] Беруть участь { $people } людини.
   *[many] Беруть участь { $people } людей.
}
mod-session-usage = Сьогодні, за UTC: { $count ->
    [0] ще жодна співбесіда не закінчилася.
    [one] { $count } співбесіда, { $minutes } хв.
    [few] { $count } співбесіди, { $minutes } хв.
   *[many] { $count } співбесід, { $minutes } хв.
}
mod-roster-head = **Кого бот чує в { $channel }**
mod-roster-line = - **{ $name }**: згода на перетворення мовлення на текст від { $since }; субтитри: { $captions ->
    [yes] так
   *[no] ні
}
mod-roster-nobody = Ніхто не бере участі, тож бот нікого не чує.
mod-roster-foot = -# Того, що говорять і зберігають, модератори не бачать.
mod-blocked = { $member } не може починати тут співбесіди й долучатися до них до { $until }. Під час спроби людина дізнається про це й про причину. Це закінчиться саме або через /mod unblock.
mod-blocked-out = { $member }: ця людина брала участь у співбесіді, і бот її більше не чує.
mod-block-not-them = Виберіть іншого учасника: не себе, не бота і не того, хто керує цим сервером.
mod-too-many-blocks = На цьому сервері вже стільки блокувань: { $count }. Спершу зніміть якісь через /mod unblock.
mod-unblocked = { $member } знову може починати тут співбесіди й долучатися до них.
mod-not-blocked = { $member } тут не заблоковано.
mod-blocks-none = Тут нікого не заблоковано.
mod-blocks-head = **Кого тут заблоковано**
mod-blocks-line = - { $member } до { $until }: { $reason }
mod-blocks-more = -# І ще { $count }
mod-cooldown-set = { $channel }: перерва після кожної співбесіди триватиме { $minutes ->
    [one] { $minutes } хвилину
    [few] { $minutes } хвилини
   *[many] { $minutes } хвилин
}.
mod-cooldown-off = У { $channel } співбесіди можуть іти одна за одною.
mod-too-many-channels = Можна назвати щонайбільше стільки каналів: { $count }. Спершу приберіть якийсь.
mod-audit-none = За цей час нічого не робили.
mod-audit-head = **Що тут робили, найновіше спочатку**
mod-audit-line = - { $at } · { $what }{ $mine ->
    [yes] , це зробили ви
   *[no] {""}
}
mod-audit-more = -# І ще { $count }: виберіть файл CSV.
mod-audit-file = Усе, що тут робили за цей час, файлом. Імена інших людей не зберігаються.

## For the log channel

mod-log = { $who } · { $what }
mod-event-stop = співбесіду закінчено, незбережене знищено
mod-event-block = учасника заблоковано
mod-event-unblock = блокування знято
mod-event-cooldown = перерву між співбесідами змінено
mod-event-setup = налаштовано
mod-event-channel = канали для співбесід змінено
mod-event-role = ролі змінено
mod-event-retention = строки зберігання змінено
mod-event-limits = обмеження змінено
mod-event-provider = відгуки мовної моделі перемкнено
mod-event-language = мову для всіх змінено
mod-event-minimum-age = мінімальний вік змінено
mod-event-notice = рядок в оголошенні змінено
mod-event-log-channel = канал журналу змінено
mod-event-purge = усе, що зберігалося про цей сервер, видалено
mod-event-report = модераторам повідомлено про проблему
