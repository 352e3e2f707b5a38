# /interview: що бачать усі в каналі, і що відповідають одній людині.

cmd-interview =
    .description = Практикувати співбесіди голосом
cmd-interview-start =
    .description = Почати співбесіду в голосовому каналі, де ви зараз
    .param-type = Які запитання ставити; будь-які, якщо не вказати
    .param-role = Ким ви будете; кандидатом, якщо не вказати
    .param-level = Для якого досвіду; будь-якого, якщо не вказати
    .param-questions = Скільки запитань; 0, якщо маєте власні; якщо не вказати, 5
    .param-minutes = Скільки хвилин; 0, якщо без обмеження; якщо не вказати, 45. Лише нагадування, не кінець
    .param-language = Мова оголошення, запитань і розмови
    .param-captions = Де з’являються слова, поки люди говорять
    .param-silence = Наодинці: наступне запитання приходить після стількох секунд тиші
    .choice-type-behavioural = поведінкова
    .choice-type-technical = технічна
    .choice-type-system-design = проєктування систем
    .choice-type-case = кейс
    .choice-type-open = будь-яка
    .choice-role-candidate = кандидат
    .choice-role-interviewer = інтерв’юер
    .choice-role-observer = спостерігач
    .choice-level-junior = джуніор
    .choice-level-middle = мідл
    .choice-level-senior = сеньйор
    .choice-captions-voice-chat = у чаті голосового каналу
    .choice-captions-thread = у гілці тут
    .choice-captions-off = ніде
    .choice-language-en = English
    .choice-language-de = Deutsch
    .choice-language-uk = Українська
cmd-interview-join =
    .description = Узяти участь: бот чутиме вас у цій співбесіді
    .param-as = Ким ви будете; якщо не вказати, тим, кого бракує
    .choice-as-candidate = кандидат
    .choice-as-interviewer = інтерв’юер
    .choice-as-observer = спостерігач
cmd-interview-question =
    .description = Поставити запитання: наступне, інше, те саме ще раз або на ваш вибір
    .param-action = Що зробити; наступне запитання, якщо не вказати
    .param-item = Запитання зі списку або ваші власні слова
    .choice-action-next = наступне
    .choice-action-skip = пропустити це
    .choice-action-repeat = повторити
    .choice-action-follow-up = уточнити
cmd-interview-swap =
    .description = Кандидат та інтерв’юер міняються місцями
cmd-interview-timer =
    .description = Поставити нагадування для цього запитання
    .param-minutes = Через скільки хвилин; 0, якщо без нагадування
cmd-interview-note =
    .description = Записати щось для себе; бачите лише ви
    .param-text = Що запам’ятати
cmd-interview-answer =
    .description = Написати відповідь замість говорити
cmd-interview-leave =
    .description = Щоб бот одразу перестав вас чути
cmd-interview-pause =
    .description = Щоб бот деякий час нікого не чув
cmd-interview-resume =
    .description = Продовжити після паузи
cmd-interview-stop =
    .description = Закінчити співбесіду; чого ніхто не збереже, те буде забуто
cmd-interview-status =
    .description = Хто бере участь і чиї пакети було розшифровано
cmd-interview-draft =
    .description = Перечитати останню співбесіду; вона зберігається пів години
cmd-interview-forget =
    .description = Прибрати всі ваші рядки із субтитрів і чернетки
cmd-remove-my-line =
    .name = Прибрати мій рядок

## Buttons

interview-button-join = Узяти участь
interview-button-leave = Вийти
interview-button-pause = Пауза
interview-button-resume = Продовжити
interview-button-stop = Закінчити
interview-button-status = Стан
interview-button-privacy = Приватність
interview-button-forget = Прибрати мої рядки
interview-button-draft = Перечитати
interview-button-withdraw = Відкликати мою згоду
interview-button-save = Зберегти
interview-button-next = Наступне
interview-button-skip = Пропустити
interview-button-repeat = Повторити
interview-button-followup = Уточнити
interview-button-answer = Написати відповідь

## The notice

interview-heard = ## 🔴 Співбесіда: бот чує тих, хто бере участь
interview-not-heard = ## ⏸ Співбесіда: бот нікого не чує
    {""}{ $why }
interview-pause-notice = Це оголошення саме розміщується.
interview-pause-mark = Позначка в списку учасників про те, що триває співбесіда, зникла, і бот ставить її знову.
interview-pause-moved = Бота перемістили до цього каналу.
interview-pause-plain = Дзвінок більше не має наскрізного шифрування.
interview-pause-asked = Хтось поставив співбесіду на паузу.
interview-notice = **Без згоди бот нікого не чує.** Натисніть **Узяти участь**, щоб долучитися; голоси всіх інших лишаються зашифрованими й відкидаються непрочитаними. { $speech }, звук одразу затирається й ніколи не зберігається. { $captions } Текст, якого ніхто не збереже, зникає через { $kept } після кінця.
interview-kept = { $minutes ->
    [one] { $minutes } хвилину
    [few] { $minutes } хвилини
    [many] { $minutes } хвилин
   *[other] { $minutes } хвилини
}
interview-speech-here = Мовлення стає текстом в оперативній пам’яті
interview-speech-elsewhere = **Мовлення разом із поставленим запитанням надсилається зашифрованим на { $host } і там стає текстом**; що там відбувається, вирішує той, хто керує цим сервісом. Тут, у бота
interview-captions-voice-chat = Субтитри з’являються в цьому каналі, де їх можуть читати всі, хто в ньому, і наприкінці видаляються.
interview-captions-thread = Субтитри з’являються в гілці текстового каналу, де їх можуть читати всі, хто його бачить, і наприкінці видаляються.
interview-captions-off = Субтитрів немає.
interview-roster = **Беруть участь:** { $who }
interview-roster-person = { $name } ({ $role })
interview-roster-nobody = поки ніхто
interview-roster-more = { $who } і ще { $count }
interview-role-candidate = кандидат
interview-role-interviewer = інтерв’юер
interview-role-observer = спостерігач
interview-somebody = Хтось
interview-locked = 🔒 наскрізне шифрування
interview-unlocked = 🔓 без наскрізного шифрування
interview-host = веде { $host }
interview-planned = заплановано до { $time }
interview-soon = лишилося п’ять хвилин; само нічого не закінчується
interview-overtime = запланований час минув; само нічого не закінчується
interview-captions-header = -# Субтитри наживо · можливі помилки · видаляються наприкінці співбесіди
interview-captions-header-late = -# Субтитри наживо · із запізненням, говорять більше, ніж бот устигає записати · можливі помилки
interview-thread = Субтитри співбесіди
interview-mark-status = 🔴 Співбесіда: бот чує тих, хто бере участь
interview-gap = [{ $seconds } с без тексту]
interview-seconds = { $count } с
interview-minutes = { $count } хв
interview-greeting = { $who }: у цьому каналі триває співбесіда. Бот вас не чує. Натисніть **Узяти участь**, якщо хочете долучитися; інакше нічого робити не треба.

## The question's card

interview-card-none = ### Запитань ще не було
interview-card-number = ### Запитання { $number }
interview-card-of = ### Запитання { $number } з { $of }
interview-card-follow-up = **І ще:** { $text }
interview-card-due = -# ⏱ Розраховано приблизно до { $time }. Це нагадування; нічого не закінчується.
interview-card-overdue = -# ⏱ Час, відведений на це запитання, минув. Не поспішайте: само нічого не закінчується.
interview-card-silence = { $seconds ->
    [one] -# Ви практикуєтеся наодинці: після довшої відповіді й { $seconds } секунди тиші прийде наступне запитання. Можна й натиснути «Наступне».
    [few] -# Ви практикуєтеся наодинці: після довшої відповіді й { $seconds } секунд тиші прийде наступне запитання. Можна й натиснути «Наступне».
    [many] -# Ви практикуєтеся наодинці: після довшої відповіді й { $seconds } секунд тиші прийде наступне запитання. Можна й натиснути «Наступне».
   *[other] -# Ви практикуєтеся наодинці: після довшої відповіді й { $seconds } секунди тиші прийде наступне запитання. Можна й натиснути «Наступне».
}
interview-card-solo = -# Ви практикуєтеся наодинці: натисніть «Наступне», коли відповісте.
interview-card-finished = **Це було останнє запитання.** Розмовляйте далі або закінчіть співбесіду.

## The end

interview-over-head = ## ⏹ Співбесіду закінчено
interview-over-text = { $why } Вона тривала { $length }. Звуку вже немає, субтитри видалено, а текст буде забуто через { $kept }, якщо його не збережуть.
interview-over-shutdown = { $why } Вона тривала { $length }. Звуку вже немає, субтитри видалено, а текст забуто.
interview-over-restart = Бот перезапускається, тому співбесіда закінчується тут. Вона тривала { $length }. Звуку вже немає, субтитри видалено. Текст можна зберегти зараз; його буде забуто { $time }.
interview-stopped-asked = Її закінчив той, хто її вів.
interview-stopped-host-left = Той, хто її вів, вийшов.
interview-stopped-moderator = Її закінчив модератор.
interview-stopped-empty = Усі вийшли.
interview-stopped-kicked = Бота вилучили з каналу.
interview-stopped-moved = Бота перемістили до каналу, де співбесіди не дозволено.
interview-stopped-limit = Час, який цей сервер дозволяє на сьогодні, вичерпано.
interview-stopped-shutdown = Бота вимкнув його власник.
interview-stopped-failed = Щось пішло не так.
interview-restarting = Бот саме перезапускається. Почніть співбесіду за кілька хвилин.

## Answers

interview-started = Співбесіда триває в { $channel }. Поки бот нікого не чує, і вас теж: натисніть «Узяти участь», якщо долучаєтеся.
interview-started-unmarked = Бот не може тут змінити ні свій псевдонім, ні статус каналу, тож оголошення є єдиною ознакою, що триває співбесіда.
interview-lacks = Ботові бракує в голосовому каналі: { $permissions }. Дозволити може той, хто керує сервером: Редагувати канал > Дозволи > роль бота.
interview-lacks-thread = Ботові бракує в цьому каналі: { $permissions }. Дозволити може той, хто керує сервером: Редагувати канал > Дозволи > роль бота.
interview-permission-view-channel = Переглядати канал
interview-permission-connect = Під’єднуватися
interview-permission-send-messages = Надсилати повідомлення
interview-permission-read-message-history = Читати історію повідомлень
interview-permission-create-public-threads = Створювати публічні гілки
interview-permission-send-messages-in-threads = Надсилати повідомлення в гілках
interview-guild-only = Співбесіди відбуваються в голосовому каналі сервера: скористайтеся цією командою там.
interview-not-in-voice = Спершу зайдіть до голосового каналу, який бот бачить, і почніть співбесіду звідти.
interview-running-already = На цьому сервері вже триває співбесіда: долучіться до неї або закінчіть її через /interview stop.
interview-none-running = На цьому сервері зараз немає співбесіди: почніть її через /interview start у голосовому каналі.
interview-over = Цю співбесіду закінчено.
interview-not-here = Спершу зайдіть до голосового каналу співбесіди; тоді зможете взяти участь.
interview-cannot-join = Голосовий канал не впустив бота: може, він повний або бот його не бачить.
interview-busy = Discord не відповів вчасно: спробуйте за мить ще раз.
interview-channel-gone = Цього каналу вже немає: почніть співбесіду в іншому.
interview-only-host = Це може лише той, хто веде співбесіду, або модератор. Щоб бот перестав чути вас, натисніть «Вийти».
interview-only-asking = Про запитання вирішує той, хто веде співбесіду, інтерв’юер або кандидат, який практикується наодинці.
interview-only-taking-part = Закінчити паузу може лише той, хто бере участь або веде співбесіду, чи модератор.
interview-join-first = Це можуть лише ті, хто бере участь: спершу натисніть «Узяти участь».
interview-not-taking-part = Ви не берете участі в цій співбесіді, тож бот вас не чує.
interview-left = Бот вас більше не чує. Те, що ви сказали й чого ще не було записано, затерто. Ваші рядки лишаються до кінця співбесіди, якщо ви їх не приберете. Ваша згода діє й наступного разу, якщо ви її не відкличете.
interview-forgotten = Ваші рядки зникли із субтитрів і з чернетки.
interview-nothing-agreed = Бот вас не чує, бо перетворення на текст не було позначено. Натисніть «Узяти участь» ще раз, якщо передумаєте.
interview-paused = Пауза: бот нікого не чує, доки хтось не натисне «Продовжити».
interview-resumed = Продовжено: бот знову чує тих, хто бере участь.
interview-stopping = Співбесіду закінчено. Бот виходить, і все, чого ніхто не збереже, буде забуто.
interview-no-draft = Із цієї співбесіди вам нема чого читати: пів години минуло, учасники нічого не сказали або вас серед них не було.
interview-failed = Не вийшло, і це наша провина. Нічого не втрачено; спробуйте, будь ласка, ще раз.
interview-joined = Тепер ви берете участь ({ $role }): бот чує ваш голос у цій співбесіді. { $captions ->
    [yes] Ваші слова показуються як субтитри.
   *[no] Ваші слова не показуються як субтитри.
} Вийти можна будь-коли одним натисканням.
interview-asked = Запитання поставлено.
interview-no-more = Більше немає запитань такого виду. Поставте власне через /interview question item.
interview-last = Це було останнє із запланованих запитань. Поставте ще через /interview question item або закінчіть співбесіду.
interview-no-follow-up = Уточнень до цього запитання більше немає.
interview-no-question = Запитань ще не було: натисніть «Наступне» або скористайтеся /interview question.
interview-timer-set = { $minutes ->
    [one] Нагадування за { $minutes } хвилину. Само нічого не закінчується.
    [few] Нагадування за { $minutes } хвилини. Само нічого не закінчується.
    [many] Нагадування за { $minutes } хвилин. Само нічого не закінчується.
   *[other] Нагадування за { $minutes } хвилини. Само нічого не закінчується.
}
interview-timer-off = Для цього запитання більше немає нагадування.
interview-swapped = Помінялися: хто відповідав, тепер питає, і навпаки.
interview-nobody-to-swap = Немає з ким помінятися: потрібні кандидат та інтерв’юер, які обоє беруть участь.
interview-noted = Записано лише для вас. Нотатка лишається з чернеткою й у вашій стенограмі, якщо ви її збережете; більше її ніхто не бачить.
interview-notes-full = У цій співбесіді більше немає місця для нотаток: найбільше { $most }.
interview-answer-title = Написати відповідь
interview-answer-label = Ваша відповідь
    .hint = У стенограмі вона стоїть поряд зі сказаним, із позначкою «написано».
interview-answered = Ваша відповідь стоїть у стенограмі, із позначкою «написано».
interview-form-over = Форма була відкрита надто довго, або бота перезапустили, тож нічого не збережено. Відкрийте її ще раз. Ось що ви набрали:
interview-lines-none = Тут немає вашого рядка, який можна було б прибрати.
interview-lines-not-captions = Це працює із субтитрами співбесіди, що триває.
interview-lines-choose = Який із ваших рядків прибрати із субтитрів і чернетки?
interview-lines-placeholder = Ваші найновіші рядки
interview-line-removed = Рядок зник із субтитрів і з чернетки.
interview-line-gone = Цього рядка вже немає.
interview-privacy = **Що тут відбувається з голосами.** { $notice }
    {""}
    Ви можете будь-коли вийти, прибрати те, що сказали, і відкликати свою згоду. Хто відповідає за цього бота та всі ваші права: /privacy notice.

## What was said

interview-draft-question = **Запитання**
interview-draft-note = **Ваша нотатка**
interview-draft-speaker = **{ $name }** ({ $how })
interview-draft-typed = написано

## Status

interview-status-running = Триває { $length }.
interview-status-code = 🔒 Код приватності дзвінка: `{ $code }` (порівняйте його з тим, що показує ваш Discord)
interview-status-plain = 🔓 Дзвінок не має наскрізного шифрування.
interview-status-takes-part = { $opened ->
    [one] **{ $name }** бере участь: розшифровано { $opened } пакет, не розшифровано { $sealed }.
    [few] **{ $name }** бере участь: розшифровано { $opened } пакети, не розшифровано { $sealed }.
    [many] **{ $name }** бере участь: розшифровано { $opened } пакетів, не розшифровано { $sealed }.
   *[other] **{ $name }** бере участь: розшифровано { $opened } пакета, не розшифровано { $sealed }.
}
interview-status-does-not = { $packets ->
    [one] **{ $name }** не бере участі: { $packets } пакет, розшифровано { $opened }.
    [few] **{ $name }** не бере участі: { $packets } пакети, розшифровано { $opened }.
    [many] **{ $name }** не бере участі: { $packets } пакетів, розшифровано { $opened }.
   *[other] **{ $name }** не бере участі: { $packets } пакета, розшифровано { $opened }.
}
interview-status-more = { $packets ->
    [one] Ще { $count }: { $packets } пакет, розшифровано { $opened }.
    [few] Ще { $count }: { $packets } пакети, розшифровано { $opened }.
    [many] Ще { $count }: { $packets } пакетів, розшифровано { $opened }.
   *[other] Ще { $count }: { $packets } пакета, розшифровано { $opened }.
}
interview-status-nobody = Ще ніхто не говорив.
interview-status-missing = { $gap } загалом.
interview-status-foot = -# Це порахував сам бот; його код відкритий.
