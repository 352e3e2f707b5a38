# /queue і запрошення: як двоє учасників знаходять одне одного.

cmd-queue =
    .description = Знайти, з ким практикуватися
cmd-queue-join =
    .description = Чекати на когось, хто хоче практикувати те саме
    .param-type = Який вид співбесіди
    .choice-type-behavioural = поведінкова
    .choice-type-technical = технічна
    .choice-type-system-design = проєктування систем
    .choice-type-case = кейс
    .param-level = Для якого досвіду
    .choice-level-junior = джуніор
    .choice-level-middle = мідл
    .choice-level-senior = сеньйор
cmd-queue-leave =
    .description = Більше не чекати
cmd-queue-status =
    .description = Чи чекаєте ви, і на що
cmd-invite-to-a-mock-interview =
    .name = Запросити на пробну співбесіду

queue-button-yes = Так, практикуймося
queue-button-no = Ні, не зараз
queue-button-accept = Прийняти
queue-button-decline = Відхилити

queue-not-here = Це працює в каналі сервера: скористайтеся цим там.
queue-joined = Ви чекаєте на партнера для практики: { $type }, { $level }. Коли він знайдеться, повідомлення в каналі, який бачите ви обоє, запитає вас обох поіменно. Ви чекаєте щонайбільше дві години; /queue leave це завершує.
queue-found = Партнер є: { $type }, { $level }. Повідомлення в каналі запитує вас обох.
queue-in-already = Ви вже в черзі цього сервера: перегляньте /queue status або вийдіть через /queue leave.
queue-no-channel = Хтось чекає, але немає каналу, який бачите ви обоє і в який бот може писати: спробуйте /queue join в іншому каналі.
queue-left = Ви більше не чекаєте.
queue-not-in = Вас немає в черзі цього сервера: /queue join додає вас.
queue-standing = Ви чекаєте: { $type }, { $level }. Це закінчиться { $until }.
queue-waiting = { $count ->
        [1] На це чекаєте лише ви.
        [one] На це чекає { $count } людина.
        [few] На це чекають { $count } людини.
        [many] На це чекають { $count } людей.
       *[other] На це чекають { $count } людини.
    }
queue-asked = Вас запитують: натисніть «Так» або «Ні» під повідомленням із вашим ім’ям.
queue-said-yes = Ви сказали «так». Щойно погодиться і друга людина, повідомлення це покаже; до того ви можете вийти через /queue leave.

# Для всіх у каналі.
queue-offer = { $one } і { $other }, ви обоє хочете практикуватися: **{ $type }, { $level }**. Зробите це разом? Погодитися мають обоє; пропозиція закінчиться { $until }.
queue-matched = Обоє погодилися. Зустріньтеся в голосовому каналі; хтось із вас запускає там /interview start.
queue-declined = Нічого не вийшло. Хто ще чекає, зберігає своє місце.
queue-over = Ця пропозиція вже не діє. /queue join шукає нову.
queue-not-yours = Тут запитують когось іншого: відповісти можуть лише названі люди.
queue-invitation = { $member }, { $inviter } запрошує вас на пробну співбесіду. Відповісти можете лише ви; запрошення закінчиться { $until }.
queue-accepted = { $inviter }, ваше запрошення прийнято: зустріньтеся в голосовому каналі й запустіть там /interview start.

queue-invite-other = Запросити можна лише інших людей, не себе й не бота.
queue-invite-unseen = Цей учасник не бачить цього каналу: запросіть його там, де бачите обоє.
queue-invite-not-wanted = Цей учасник не приймає запрошень.
queue-invite-open = Між вами вже є відкрите запрошення, або у вас їх { $count }: спершу дочекайтеся відповіді.
