# /questions: запитання, власні запитання сервера і дні практики.

cmd-questions =
    .description = Запитання для практики
cmd-questions-list =
    .description = Переглянути запитання
    .param-search = Слова із запитання або технологія
    .param-type = Який вид співбесіди
    .choice-type-behavioural = поведінкова
    .choice-type-technical = технічна
    .choice-type-system-design = проєктування систем
    .choice-type-case = кейс
    .param-level = Для якого досвіду
    .choice-level-junior = джуніор
    .choice-level-middle = мідл
    .choice-level-senior = сеньйор
    .param-page = Яка сторінка
cmd-questions-random =
    .description = Випадкове запитання для практики
    .param-type = Який вид співбесіди
    .choice-type-behavioural = поведінкова
    .choice-type-technical = технічна
    .choice-type-system-design = проєктування систем
    .choice-type-case = кейс
    .param-level = Для якого досвіду
    .choice-level-junior = джуніор
    .choice-level-middle = мідл
    .choice-level-senior = сеньйор
cmd-questions-add =
    .description = Додати запитання цього сервера; для тих, хто ним керує
    .param-type = Який вид співбесіди
    .choice-type-behavioural = поведінкова
    .choice-type-technical = технічна
    .choice-type-system-design = проєктування систем
    .choice-type-case = кейс
    .param-level = Для якого досвіду
    .choice-level-junior = джуніор
    .choice-level-middle = мідл
    .choice-level-senior = сеньйор
    .param-minutes = Скільки може тривати відповідь
    .param-language = Якою мовою воно написане
    .choice-language-en = English
    .choice-language-de = Deutsch
    .choice-language-uk = Українська
cmd-questions-remove =
    .description = Вилучити запитання цього сервера; для тих, хто ним керує
    .param-question = Яке саме
cmd-questions-import =
    .description = Додати багато запитань із файлу; для тих, хто керує цим сервером
    .param-file = YAML, JSON або CSV, щонайбільше 256 КіБ і 200 запитань; додаються всі або жодне
cmd-questions-practice-streak =
    .description = Рахувати ваші дні практики; це бачите лише ви
    .param-counting = Увімкнути чи вимкнути; вимкнення забуває пораховане
    .choice-counting-on = увімкнути
    .choice-counting-off = вимкнути

questions-type-behavioural = поведінкова
questions-type-technical = технічна
questions-type-system-design = проєктування систем
questions-type-case = кейс
questions-level-junior = джуніор
questions-level-middle = мідл
questions-level-senior = сеньйор

questions-form-title = Запитання цього сервера
questions-form-text = Запитання
questions-form-covers = Що містить сильна відповідь
    .hint = По одному пункту в рядку, від одного до восьми
questions-form-follow-ups = Що можна запитати далі, по рядку на кожне

questions-none = Жодне запитання не підходить: приберіть якусь умову або пошукайте інші слова.
questions-found = { $count ->
        [one] **Підходить { $count } запитання**
        [few] **Підходять { $count } запитання**
        [many] **Підходить { $count } запитань**
       *[other] **Підходить { $count } запитання**
    }
questions-page = -# Сторінка { $page } з { $pages }
questions-own = цього сервера
questions-card-kind = { $type } · { $level } · { $minutes ->
        [one] близько { $minutes } хвилини
        [few] близько { $minutes } хвилин
        [many] близько { $minutes } хвилин
       *[other] близько { $minutes } хвилини
    }
questions-card-covers = **Що містить сильна відповідь** (натисніть на рядок, щоб прочитати)
questions-card-follow-ups = **Що можна запитати далі**

questions-not-allowed = Це можуть лише ті, хто керує цим сервером: попросіть когось із них. Нічого не змінено.
questions-no-such = Такого запитання в цього сервера немає: виберіть одне із запропонованих.
questions-removed = Вилучено: його більше не ставитимуть.
questions-added = { $count ->
        [one] Додано { $count } запитання. Зашифровано вашим ключем; зникне разом із вашим обліковим записом.
        [few] Додано { $count } запитання. Зашифровано вашим ключем; зникнуть разом із вашим обліковим записом.
        [many] Додано { $count } запитань. Зашифровано вашим ключем; зникнуть разом із вашим обліковим записом.
       *[other] Додано { $count } запитання. Зашифровано вашим ключем; зникнуть разом із вашим обліковим записом.
    }
questions-too-many = Власних запитань у сервера може бути щонайбільше { $count }: спершу вилучіть кілька. Нічого не додано.
questions-file-kind = Назва файлу має закінчуватися на .yaml, .json або .csv. Нічого не додано.

# Коли звучить одне з цих речень, нічого не додано. $field — назва поля у файлі.
questions-fault-entry = Запитання { $entry } у файлі:
questions-fault-too-large = Файл більший за { $limit } КіБ: зменште його. Нічого не додано.
questions-fault-not-readable = Файл не читається: він має бути в UTF-8 і у форматі, на який указує його назва. Нічого не додано.
questions-fault-no-entries = Файл має містити список запитань. Нічого не додано.
questions-fault-too-many = У файлі понад { $limit } запитань: поділіть його. Нічого не додано.
questions-fault-not-an-entry = Тут має бути запитання зі своїми полями. Нічого не додано.
questions-fault-unknown-field = Поля «{ $field }» немає: приберіть його або виправте назву. Нічого не додано.
questions-fault-missing = Бракує поля «{ $field }»: додайте його. Нічого не додано.
questions-fault-not-text = Поле «{ $field }» має бути текстом. Нічого не додано.
questions-fault-not-a-list = Поле «{ $field }» має бути списком. Нічого не додано.
questions-fault-too-long = Поле «{ $field }» довше за { $limit } знаків: скоротіть його. Нічого не додано.
questions-fault-too-few-or-many = У полі «{ $field }» має бути рядків: { $limit }. Нічого не додано.
questions-fault-not-one-of = Поле «{ $field }» має бути одним із: { $limit }. Нічого не додано.
questions-fault-not-a-number = Поле «{ $field }» має бути числом у межах { $limit }. Нічого не додано.
questions-fault-twice = Таке запитання вже є: приберіть його. Нічого не додано.

questions-streak-off = Більше не рахується; пораховане забуто.
questions-streak-not-counted = Ваші дні практики не рахуються. Увімкніть: /questions practice-streak counting: on. Це бачите лише ви.
questions-streak-empty = Відтепер рахується кожен день зі співбесідою, у якій ви берете участь або яку зберігаєте. Це бачите лише ви.
questions-streak-running = { $days ->
        [1] **{ $days } день** практики: повертайтеся завтра.
        [one] **{ $days } день** практики поспіль
        [few] **{ $days } дні** практики поспіль
        [many] **{ $days } днів** практики поспіль
       *[other] **{ $days } дня** практики поспіль
    }
questions-streak-over = Зараз серії днів немає: її почне наступна співбесіда.
questions-streak-longest = { $days ->
        [one] Найдовша серія: { $days } день
        [few] Найдовша серія: { $days } дні
        [many] Найдовша серія: { $days } днів
       *[other] Найдовша серія: { $days } дня
    }
questions-streak-total = { $days ->
        [one] Усього: { $days } день
        [few] Усього: { $days } дні
        [many] Усього: { $days } днів
       *[other] Усього: { $days } дня
    }
questions-streak-note = -# У вашому часовому поясі, див. /settings. Зберігаються лише ці числа й останній день.
