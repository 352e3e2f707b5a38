# /feedback: що сказано про відповіді, кого про це просять і що занотували інші.

cmd-feedback =
    .description = Відгук на те, що ви відповідали на співбесіді
cmd-feedback-request =
    .description = Попросити відгук на збережену стенограму
    .param-transcript = На яку
    .param-rubric = Яка це була співбесіда, для власних запитань
    .choice-rubric-behavioural = поведінкова
    .choice-rubric-technical = технічна
    .choice-rubric-system-design = проєктування систем
    .choice-rubric-case = кейс
cmd-feedback-view =
    .description = Прочитати свій відгук
    .param-feedback = Який; якщо не вказати, найновіший
    .param-answer = Одна відповідь докладно, за її номером
cmd-feedback-rubric =
    .description = За чим оцінюють відповіді, від 1 до 5
    .param-type = Для якої співбесіди; якщо не вказати, як у найновішому відгуку
    .choice-type-behavioural = поведінкова
    .choice-type-technical = технічна
    .choice-type-system-design = проєктування систем
    .choice-type-case = кейс
cmd-feedback-peer =
    .description = Занотувати щось для людини, на чиїй співбесіді ви були
    .param-person = Для кого
    .param-transcript = Про яку співбесіду; інакше остання, яку ця людина зберегла з вашими словами
cmd-feedback-compare =
    .description = Дві співбесіди поруч
    .param-first = Одна
    .param-second = Друга
cmd-feedback-progress =
    .description = Як ваші співбесіди змінювалися з часом
    .param-period = За який період; якщо не вказати, за весь час
    .choice-period-30 = останні 30 днів
    .choice-period-90 = останні 90 днів
    .choice-period-365 = останній рік
    .choice-period-0 = увесь час
cmd-feedback-dispute =
    .description = Сказати, що ви не згодні з оцінкою
    .param-feedback = У якому відгуку
    .param-criterion = З якою оцінкою
    .choice-criterion-relevance = доречність
    .choice-criterion-context = контекст
    .choice-criterion-action = власний внесок
    .choice-criterion-result = результат
    .choice-criterion-depth = глибина
    .choice-criterion-structure = будова
cmd-feedback-delete =
    .description = Видалити свій відгук
    .param-feedback = Який
cmd-feedback-delete-note =
    .description = Видалити те, що занотували ви або хтось для вас
    .param-note = Яку нотатку

## Критерії

feedback-criterion-relevance = Доречність
    .hint = чи це відповідь на запитання
feedback-criterion-context = Контекст
    .hint = чи зрозуміла ситуація
feedback-criterion-action = Власний внесок
    .hint = що ви зробили або як міркували
feedback-criterion-result = Результат
    .hint = що з цього вийшло і як це перевірили
feedback-criterion-depth = Глибина
    .hint = наскільки глибоко сягає відповідь
feedback-criterion-structure = Будова
    .hint = чи легко стежити за відповіддю

## Числа

feedback-number = { NUMBER($value, maximumFractionDigits: 1) }
feedback-range = { NUMBER($low, maximumFractionDigits: 1) }–{ NUMBER($high, maximumFractionDigits: 1) }
feedback-nothing = замало підстав
feedback-answers = { $count ->
        [one] { $count } відповідь
        [few] { $count } відповіді
       *[many] { $count } відповідей
    }
feedback-questions = { $count ->
        [one] { $count } запитання
        [few] { $count } запитання
       *[many] { $count } запитань
    }
feedback-interviews = { $count ->
        [one] { $count } співбесіда
        [few] { $count } співбесіди
       *[many] { $count } співбесід
    }
feedback-answers-of = { $scored } з { $total ->
        [one] { $total } відповіді
       *[many] { $total } відповідей
    }

## За чим оцінюють відповіді

feedback-rubric-head = **За чим оцінюють відповіді · { $kind }**
    Кожну відповідь за шістьма критеріями однакової ваги, від 1 до 5. 2 і 4 лежать між сусідніми.
feedback-rubric-foot = -# «{ feedback-nothing }»: з вашої відповіді не вдалося навести цитату для цього критерію. Це ніколи не низька оцінка й не рахується ні за вас, ні проти вас.
    -# Моделі ці речення кажуть англійською, і кожна її оцінка потребує вашої цитати.
    -# Оцінки лише для практики. Вони можуть бути хибними, нічого не кажуть про вас як про людину й нічого не вирішують.

## Що хтось нотує, про себе чи про інших

feedback-self-title = Спершу: як пройшло?
feedback-self-intro = Те, що ви тут занотуєте, лише для вас, і ви побачите це поруч із відгуком. Ця форма нікуди нічого не надсилає.
feedback-peer-title = Для вашого партнера
feedback-peer-intro = Людина, для якої це, прочитає це з вашим ім’ям, раніше за будь-який інший відгук. Напишіть те, що допомогло б вам.
feedback-overall = Загалом
    .hint = 1: неможливо було стежити. 3: головне було. 5: нічого не бракувало.
feedback-strong = Що було сильним?
    .hint = Скільки завгодно або нічого.
feedback-weak = Над чим працювати?
    .hint = Скільки завгодно або нічого.
feedback-sentence = Одним реченням: що вдалося, що спробувати
feedback-noted = Занотовано. { $person } прочитає це поруч зі своїм відгуком, із вашим ім’ям.
feedback-note-withdraw = Забрати назад
feedback-noted-head = **Що занотували люди**
feedback-noted-own = **Ви**: { $overall } з 5
feedback-noted-by = **{ $person }**: { $overall } з 5
feedback-noted-unreadable = Одну нотатку вже не можна відкрити.
feedback-noted-strong = сильне: { $criteria }
feedback-noted-weak = над чим працювати: { $criteria }
feedback-not-for-yourself = Для себе є окрема форма: вона з’явиться першою, коли ви скористаєтеся /feedback request.
feedback-not-for-bots = Боти не беруть участі в співбесідах, тож немає для кого це нотувати.
feedback-not-together = У цієї людини немає збереженої співбесіди, де збережено й ваші слова, і немає такої, якою вона з вами ділиться. Попросіть її зберегти співбесіду або поділитися нею через /transcript share.

## Прохання

feedback-ask-head = **Відгук на «{ $title }»**
feedback-ask-where = Те, що ви сказали, буде надіслано на **{ $host }** ({ $region }), моделі { $model }. Лише тоді, коли ви натиснете «Надіслати», і не раніше.
feedback-ask-here = Модель { $model } на власній машині бота читає те, що ви сказали. Ніщо не виходить за межі цієї машини.
feedback-ask-size = Буде використано щонайбільше { $tokens ->
        [one] { $tokens } токен
        [few] { $tokens } токени
       *[many] { $tokens } токенів
    }, { $passes ->
        [one] за { $passes } прохід
        [few] за { $passes } проходи
       *[many] за { $passes } проходів
    }.
feedback-ask-price = Власникові бота це коштуватиме щонайбільше { $price } { $currency }; ви не платите нічого.
feedback-ask-withheld = { $count ->
        [one] { $count } рядок інших залишається тут, бо надсилають лише ваші власні слова.
        [few] { $count } рядки інших залишаються тут, бо надсилають лише ваші власні слова.
       *[many] { $count } рядків інших залишаються тут, бо надсилають лише ваші власні слова.
    }
feedback-ask-peers = -# Більше ніхто ще нічого не занотував. Щоб спершу почути людей, попросіть тих, хто там був, скористатися /feedback peer; це може зачекати.
feedback-ask-redacted = Перед цим вилучено: { $kinds }.
feedback-ask-redacted-none = Ніщо в тексті не схоже на ім’я, адресу чи номер, за яким можна когось упізнати.
feedback-ask-check = Імена шукають за правилами, і дещо правила пропускають. Прочитайте стенограму, перш ніж надсилати: /transcript view, а для того, що надсилати не слід, /transcript redact.
feedback-ask-flagged = { $count ->
        [one] { $count } рядок схожий на вказівку моделі й залишиться тут: { $lines }.
        [few] { $count } рядки схожі на вказівки моделі й залишаться тут: { $lines }.
       *[many] { $count } рядків схожі на вказівки моделі й залишаться тут: { $lines }.
    }
feedback-ask-left = Сьогодні для вас залишилося: { $tokens ->
        [one] { $tokens } токен
        [few] { $tokens } токени
       *[many] { $tokens } токенів
    }.
feedback-ask-left-server = Цього місяця для цього сервера залишилося: { $tokens ->
        [one] { $tokens } токен
        [few] { $tokens } токени
       *[many] { $tokens } токенів
    }.
feedback-ask-consent = -# Коли ви натиснете «Надіслати», вас спершу один раз попросять про згоду. Її можна будь-коли відкликати через /consent withdraw.
feedback-send = Надіслати
feedback-cancel = Скасувати
feedback-cancelled = Не надіслано. Ніщо не вийшло за межі цього бота.
feedback-sent = Надіслано. Це триває хвилину-дві; потім відгук чекатиме в /feedback view, лише для вас.
feedback-under-way = Це вже робиться. Зазирніть у /feedback view за хвилину-дві.
feedback-not-yours = Це належить комусь іншому.
feedback-consent-title = Відгук від моделі
feedback-consent-intro = Щоб написати відгук, ваші збережені слова з цієї співбесіди й запитання до них надсилають на **{ $host }** ({ $region }), моделі { $model }, без імен, які в них знайдено; постачальник, який цього вимагає, отримує також число, що позначає вас. Вас питатимуть щоразу, перш ніж щось надіслати, і згоду можна відкликати через /consent withdraw. Політика приватності (англійською): <{ $policy }>
feedback-consent-needed = Без цієї позначки нічого не буде надіслано. Ваша стенограма й те, що ви занотували, на місці.
feedback-kind-name = { $count ->
        [one] { $count } ім’я
        [few] { $count } імені
       *[many] { $count } імен
    }
feedback-kind-email = { $count ->
        [one] { $count } електронна адреса
        [few] { $count } електронні адреси
       *[many] { $count } електронних адрес
    }
feedback-kind-phone = { $count ->
        [one] { $count } номер телефону
        [few] { $count } номери телефону
       *[many] { $count } номерів телефону
    }
feedback-kind-link = { $count ->
        [one] { $count } посилання
        [few] { $count } посилання
       *[many] { $count } посилань
    }
feedback-kind-handle = { $count ->
        [one] { $count } ім’я користувача
        [few] { $count } імені користувачів
       *[many] { $count } імен користувачів
    }
feedback-kind-discord = { $count ->
        [one] { $count } ідентифікатор Discord
        [few] { $count } ідентифікатори Discord
       *[many] { $count } ідентифікаторів Discord
    }
feedback-kind-account = { $count ->
        [one] { $count } банківський рахунок
        [few] { $count } банківські рахунки
       *[many] { $count } банківських рахунків
    }
feedback-kind-card = { $count ->
        [one] { $count } номер картки
        [few] { $count } номери карток
       *[many] { $count } номерів карток
    }
feedback-kind-machine = { $count ->
        [one] { $count } мережева адреса
        [few] { $count } мережеві адреси
       *[many] { $count } мережевих адрес
    }
feedback-kind-number = { $count ->
        [one] { $count } довгий номер
        [few] { $count } довгі номери
       *[many] { $count } довгих номерів
    }

## Без моделі, і що може не вийти

feedback-no-model = Модель тут не налаштовано, тож відповіді ніхто не оцінює: є лише те, що пораховано, і те, що занотували ви та інші. Це чекає в /feedback view.
feedback-nothing-to-judge = Серед ваших відповідей немає такої, яку можна оцінити: потрібно щонайменше { $words ->
        [one] { $words } слово
        [few] { $words } слова
       *[many] { $words } слів
    }, розпізнаних достатньо певно. Тож нічого не надсилається; пораховане є тут і в /feedback view.
feedback-no-answers = У цій стенограмі немає ваших відповідей, тож про них нічого сказати.
feedback-no-such = Такого вашого відгуку немає. /feedback view підказує наявні, коли ви пишете.
feedback-none = Відгуків ще немає. Збережіть співбесіду через /transcript save, а тоді скористайтеся /feedback request.
feedback-too-many = Уже робиться стільки, скільки можна одночасно. Дочекайтеся одного або скасуйте його в /feedback view, а тоді попросіть знову.
feedback-state-waiting = **«{ $title }»** чекає своєї черги.
feedback-state-again = **«{ $title }»**: нова спроба { $when }. { $reason }
feedback-state-sending = **«{ $title }»**: відгук саме пишеться.
feedback-state-failed = **«{ $title }»** залишається без відгуку. { $reason } Те, що ви занотували, на місці; попросіть ще раз через /feedback request.
feedback-reason-consent = Вашу згоду відкликано, або політика змінилася. Нічого не надіслано.
feedback-reason-person-budget = Того, що ви можете використати за день, не вистачає. Нічого не надіслано. Відлік почнеться знову опівночі UTC.
feedback-reason-server-budget = Того, що цей сервер може використати за місяць, не вистачає. Нічого не надіслано. Відлік почнеться знову першого числа, UTC.
feedback-reason-busy = Модель мала забагато роботи. Нічого не використано.
feedback-reason-unavailable = Модель не відповіла вчасно. Частину ваших сьогоднішніх токенів може бути зараховано як використану.
feedback-reason-unfit = Те, що написала модель, непридатне, тож нічого з цього не показано. Використані токени зараховано.
feedback-reason-refused = Модель відмовилася про це писати. Використані токени зараховано.
feedback-reason-misconfigured = До моделі неможливо дістатися так, як її налаштовано; власник бота має це перевірити. Нічого не використано.
feedback-reason-interrupted = Бота зупинили посеред роботи, двічі. Ці спроби зараховано повністю.
feedback-reason-unreadable = Стенограму не вдалося відкрити, або в ній нічого оцінювати. Нічого не надіслано.
feedback-over = Ваш відгук готовий: /feedback view.
feedback-over-failed = Цього разу відгуку немає; /feedback view каже чому.
feedback-cancel-job = Не надсилати
feedback-job-cancelled = Скасовано. Більше нічого не буде надіслано.
feedback-job-too-late = Це вже закінчилося. Зазирніть у /feedback view.
feedback-failed = Не вийшло, і це наша провина: спробуйте, будь ласка, ще раз за мить. Нічого не надсилається двічі.

## Картка

feedback-head = **Відгук на «{ $title }»**
    { $day } · { $answers } · { $model }
feedback-by-nobody = без моделі
feedback-by = від { $model }
feedback-strength = **Сильна сторона**
    { $text }
feedback-strength-none = **Сильна сторона**
    Жодної не вдалося підтвердити вашими словами.
feedback-next = **Наступний крок · { $criterion }, відповідь { $answer }**
    { $text }
feedback-next-none = **Наступний крок**
    Жодного не вдалося підтвердити вашими словами.
feedback-opening = Можна почати так, лише з того, що ви сказали:
feedback-opening-without = -# Було написано й початок. Його не показано: { $why }.
feedback-why-invented = у ньому з’явилося те, чого ви не казали
feedback-why-other = він не узгоджується з тим, що ви сказали
feedback-scores = **Оцінки, від 1 до 5** · { $total }
feedback-scores-none = **Оцінки**
    Для жодної не вистачило підстав.
feedback-score = **{ $criterion }** { $score }
feedback-total = загалом { $score } ({ $answers })
feedback-quote = «{ $quote }» (рядок { $line })
feedback-range-why = -# Два числа: два проходи не зійшлися.
feedback-lines = -# Рядки: /transcript view, «{ $title }».
feedback-disputed = ✗ ви не згодні
feedback-measures = **Пораховано, без оцінки**
feedback-measure-length = { $words ->
        [one] { $words } слово
        [few] { $words } слова
       *[many] { $words } слів
    } за { $time }
feedback-measure-typed = { $words ->
        [one] { $words } слово
        [few] { $words } слова
       *[many] { $words } слів
    }, написано
feedback-measure-pace = слів за хвилину: { NUMBER($value, maximumFractionDigits: 0) }
feedback-measure-share = { NUMBER($value, maximumFractionDigits: 0) } % розмови
feedback-measure-thinking = { NUMBER($value, maximumFractionDigits: 0) } с до початку відповіді
feedback-measure-pause = найдовша пауза { $time }
feedback-measure-interruptions = перебивань: ваших { $own }, чужих { $others }
feedback-measure-fillers = слів-паразитів на 100 слів: { NUMBER($value, maximumFractionDigits: 1) } або більше
feedback-measure-hedges = слів непевності на 100 слів: { NUMBER($value, maximumFractionDigits: 1) }
feedback-fillers-note = -# Розпізнавання пропускає більшість слів-паразитів, тож це число занижене.
feedback-past = { $median }, { $low }–{ $high }
feedback-past-share = { NUMBER($value, maximumFractionDigits: 0) } %
feedback-past-foot = { $count ->
        [one] -# У дужках: за { $count } попередню співбесіду.
        [few] -# У дужках: медіана й розмах за { $count } попередні співбесіди.
       *[many] -# У дужках: медіана й розмах за { $count } попередніх співбесід.
    }
feedback-past-foot-answers = { $count ->
        [one] -# У дужках: за { $count } відповідь такого типу в попередніх співбесідах.
        [few] -# У дужках: медіана й розмах за { $count } останні відповіді такого типу в попередніх співбесідах.
       *[many] -# У дужках: медіана й розмах за { $count } останніх відповідей такого типу в попередніх співбесідах.
    }
feedback-dropped = -# Пропущено, бо не пройшло наших перевірок: { $count ->
        [one] { $count } місце
        [few] { $count } місця
       *[many] { $count } місць
    } з написаного моделлю.
feedback-flagged = -# Не надіслано, бо схоже на вказівку моделі: рядки { $lines }.
feedback-foot = -# Лише для практики. Може бути хибним. Нічого не каже про вас як про людину й нічого не вирішує.
feedback-foot-ai = -# Відгук написала модель. Наші правила перевіряють, що кожна цитата дослівно ваша. Чи варта вона своєї оцінки, жодне правило не перевірить: прочитайте цитати. Відгук може бути хибним. Лише для практики. Він нічого не каже про вас як про людину й нічого не вирішує.
feedback-unreadable = Цей відгук змінено або пошкоджено, і його неможливо відкрити. Його можна видалити через /feedback delete.
feedback-dispute-button = Не погоджуюся
feedback-delete-button = Видалити
feedback-answer-menu = Одна відповідь докладно
feedback-answer-option = { $number }. { $question }
feedback-answer-unasked = Усе, що ви сказали
feedback-answer-head = **Відповідь { $number }** · { $score }
feedback-status-unanswered = без відповіді
feedback-status-short = менше ніж { $words } слів, тож без оцінки
feedback-status-unsure = розпізнано надто непевно, тож без оцінки
feedback-status-left-out = не надіслано: співбесіда задовга для одного запиту
feedback-status-unjudged = не оцінено
feedback-lines-button = Прочитати ці рядки
feedback-back = Уся співбесіда
feedback-no-answer = Відповіді з таким номером немає. { $count ->
        [one] Є { $count } відповідь.
        [few] Є { $count } відповіді.
       *[many] Є { $count } відповідей.
    }

## Зображення

feedback-timeline-title = Хто коли говорив
feedback-timeline-subtitle = { $day } · { $time } · { $questions }
feedback-timeline-pauses = Паузи від { NUMBER($seconds, maximumFractionDigits: 0) } с
feedback-role-candidate = кандидат
feedback-role-interviewer = інтерв’юер
feedback-role-observer = спостерігач
feedback-you = Ви
feedback-others = Інші
feedback-somebody = Людина { $number }
feedback-lane-note = { $role } · { NUMBER($share, maximumFractionDigits: 0) } %
feedback-timeline-alt = Хто коли говорив, за { $time }. { $people }. { $questions }. Паузи від 3 секунд: { $pauses }.
feedback-timeline-alt-person = { $name } ({ $role }): { NUMBER($share, maximumFractionDigits: 0) } % розмови
feedback-pauses-none = немає
feedback-pauses = { $count }, найдовша { $time }
feedback-scores-title = Оцінки
feedback-scores-subtitle = від 1 до 5 · { $answers } · смужки: два проходи не зійшлися
feedback-scores-subtitle-sure = від 1 до 5 · { $answers }
feedback-scores-alt = Оцінки від 1 до 5. { $items }.
feedback-scores-alt-item = { $criterion }: { $score }
feedback-progress-title = Поступ
feedback-progress-subtitle = { $interviews } · для практики, порівняно з вашим минулим
feedback-progress-range = крапка: середнє відповідей; смуга: де два проходи не зійшлися
feedback-progress-break = змінено критерії, вказівки або модель: по різні боки лінії не порівнюють
feedback-progress-missing = замало підстав
feedback-progress-alt = Оцінки, { $interviews }, від 1 до 5; «?» означає, що підстав замало. { $items }.
feedback-progress-alt-item = { $criterion }: { $scores }
feedback-progress-alt-break = (зміна)
feedback-altogether = Загалом

## Порівняння

feedback-compare-head = **Поруч**
    { $before } → { $after }
feedback-compare-line = - **{ $criterion }** { $before } → { $after }
feedback-compare-higher = - **{ $criterion }** { $before } → { $after } (вище)
feedback-compare-lower = - **{ $criterion }** { $before } → { $after } (нижче)
feedback-compare-foot = -# «Вище» чи «нижче» стоїть лише там, де різниця більша за ту, яку залишають відкритою два проходи. Дві співбесіди мало про що свідчать.
feedback-compare-same = Виберіть дві різні.
feedback-compare-apart = Ці дві оцінено за різними критеріями, вказівками або моделями, тож їхні оцінки нічого не кажуть одна про одну. Пораховане порівняти можна:
feedback-compare-unscored = Принаймні одна з них без оцінок. Пораховане порівняти можна:
feedback-progress-head = **Поступ** · { $interviews }
feedback-progress-line = - **{ $criterion }** { $median } ({ $range }, { $interviews })
feedback-progress-none = За цей час оцінок немає. Пораховане є при кожній співбесіді в /feedback view.
feedback-progress-unscored = -# Без оцінок і не на зображенні: { $interviews }.
feedback-progress-breaks = -# За цей час критерії, вказівки або модель змінилися { $count ->
        [one] { $count } раз
        [few] { $count } рази
       *[many] { $count } разів
    }; підсумовано лише те, що було після останньої зміни.
feedback-progress-foot = -# Медіана й розмах щонайбільше { $most } останніх співбесід. Лише для практики.

## Незгода, видалення

feedback-dispute-title = Незгода з оцінкою
feedback-dispute-which = З якою оцінкою?
feedback-dispute-why = Чому?
    .hint = Для вас і для тих, кого ви попросите подивитися. Оцінка лишається, поруч стоїть ваша незгода.
feedback-dispute-kept = Збережено: ви не згодні щодо критерію «{ $criterion }». Відтепер це стоїть поруч з оцінкою. Щоб це переглянула людина: /privacy request.
feedback-dispute-no-score = Немає оцінки, з якою можна не погодитися.
feedback-sure = Видалити відгук на **«{ $title }»** назавжди? Стенограма залишиться, як і те, що занотували ви та інші: /feedback delete-note.
feedback-delete = Видалити назавжди
feedback-keep = Залишити
feedback-kept = Залишено.
feedback-deleted = Видалено.
feedback-note-own = для себе
feedback-note-given = для: { $person }
feedback-note-got = від: { $person }
feedback-note-unknown = хтось інший
feedback-note-none = Такої нотатки від вас або для вас немає. /feedback delete-note підказує наявні, коли ви пишете.
feedback-note-sure-own = Видалити назавжди те, що ви занотували про себе в **«{ $title }»**?
feedback-note-sure-given = Видалити назавжди те, що ви занотували { $day } (для: { $person })? Можливо, це вже прочитано; після того не прочитає ніхто.
feedback-note-sure-got = Видалити назавжди нотатку для вас (від: { $person }) про **«{ $title }»**?
feedback-choice = { $day } · { $title }
feedback-untitled = (без назви)
