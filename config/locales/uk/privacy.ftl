# /privacy: що зберігається про людей, та їхні права.

cmd-privacy =
    .description = Ваші дані: що зберігається та які ви маєте права
cmd-privacy-notice =
    .description = Політика приватності цього бота
cmd-privacy-processors =
    .description = Хто ще отримує щось із ваших даних і де
cmd-privacy-contact =
    .description = Хто тут відповідає за ваші дані
cmd-privacy-data =
    .description = Скільки про вас зберігається і як довго
cmd-privacy-export =
    .description = Усе, що про вас зберігається, у файлах
cmd-privacy-delete-transcripts =
    .description = Видалити всі стенограми, які ви зберегли
cmd-privacy-delete-account =
    .description = Видалити все, що про вас зберігається
cmd-privacy-request =
    .description = Попросити власника бота про щось щодо ваших даних
    .param-kind = Про що ви просите
    .param-text = Своїми словами
    .choice-kind-access = доступ: копія моїх даних
    .choice-kind-portability = перенесення: мої дані, щоб забрати з собою
    .choice-kind-erasure = видалення: видалити мої дані
    .choice-kind-rectification = виправлення: щось виправити
    .choice-kind-restriction = обмеження: зберігати й нічого з цим не робити
    .choice-kind-objection = заперечення проти того, що роблять із моїми даними
    .choice-kind-complaint = скарга
    .choice-kind-withdraw = відкликання згоди
cmd-privacy-analytics =
    .description = Чи рахувати, чим ви користуєтеся; вимкнено, доки ви не ввімкнете
    .param-switch = On: форма запитає вашої згоди. Off: одразу
    .choice-switch-on = увімкнути
    .choice-switch-off = вимкнути
cmd-privacy-opt-out =
    .description = Щоб цей бот ніколи не чув вас, на жодному сервері
    .param-switch = On: ніхто не може зробити так, щоб бот вас чув. Off: вас знову можна запитати
    .choice-switch-on = увімкнути
    .choice-switch-off = вимкнути
cmd-privacy-correct =
    .description = Виправити те, що про вас зберігається
    .param-text = Що не так і як правильно; порожньо: що ви можете виправити самі
cmd-privacy-object =
    .description = Заперечити проти того, що робиться з вашими даними
    .param-text = Проти чого ви заперечуєте і чому це для вас важливіше
cmd-privacy-requests =
    .description = Ваші запити та коли на них дадуть відповідь
cmd-privacy-confirm =
    .description = Підтвердити запит, який ви надіслали електронною поштою
    .param-code = Код із відповіді, яку ви отримали
cmd-privacy-receipt =
    .description = Перевірити квитанцію про видалення
    .param-file = Файл JSON, який був із нею

privacy-failed = Не вийшло, і це наша провина: спробуйте, будь ласка, ще раз за мить.
privacy-and-more = -# І ще { $count }

## Що кажуть людям

privacy-policy-language = Політику приватності написано англійською.
privacy-policy-foot =
    -# Версія { $version } · SHA-256 файлу: `{ $hash }`
    -# Уся політика в доданому файлі.
privacy-processors-head = **Хто ще отримує щось із ваших даних**
privacy-processors-language = -# Про кожного сказано так, як це написав власник бота.
privacy-processor-on =
    - 🟢 **{ $name }**: увімкнено. { $purpose }
    { "  " }Отримує: { $data }. Де: { $region }, { $transfer }. Зберігається: { $retention }{ $evidence }
privacy-processor-off = - ⚪ **{ $name }**: вимкнено, не отримує нічого. { $purpose }
privacy-transfer-eea = лишається в Європейській економічній зоні
privacy-transfer-scc = стандартні договірні положення
privacy-transfer-dpf = Рамкова угода ЄС–США про приватність даних
privacy-transfer-local = на власних машинах цього бота
privacy-contact =
    За ваші дані тут відповідає **{ $name }**, { $region }. Електронна пошта: `{ $email }`
    Або скористайтеся /privacy request: відповідь буде не пізніше ніж за { $days ->
        [one] { $days } день
        [few] { $days } дні
       *[many] { $days } днів
    }. Ви також можете поскаржитися до органу захисту даних там, де живете або працюєте.
    -# Бот для людей віком від { $age } років.

## Що зберігається

privacy-nothing-kept = Про вас тут не зберігається нічого. Сказане під час співбесіди тими, хто бере участь, є лише в оперативній пам’яті та зникає за 30 хвилин після неї.
privacy-data-head = **Що про вас зберігається**
privacy-data-line = - { $rows } · { $what } · { $kept }
privacy-data-foot = -# Сказане й не збережене є лише в оперативній пам’яті та зникає за 30 хвилин після співбесіди. Усе у файлах: /privacy export. Видалити: /privacy delete-account.
privacy-table-subject = хто ви: ваш Discord ID, зашифрований
privacy-table-consent-event = на що ви погодилися або що відкликали
privacy-table-opt-out = що бот ніколи вас не чутиме
privacy-table-transcript = стенограми, які ви зберегли
privacy-table-turn = рядки, які ви сказали, у ваших і чужих стенограмах
privacy-table-share = стенограми, якими поділилися ви або з вами
privacy-table-feedback = відгуки на ваші стенограми
privacy-table-ai-job = відгуки, які ще готуються
privacy-table-request = запити щодо ваших даних
privacy-table-audit = події безпеки
privacy-table-analytics-event = пораховані події користування
privacy-table-budget = що витрачено на відгуки
privacy-table-rating = нотатки про вас і від вас
privacy-table-reservation = що можуть витратити відгуки, які ще готуються
privacy-table-preference = ваші налаштування
privacy-table-queue-entry = ваше місце в черзі на співбесіди
privacy-table-usage = скільки ви практикувалися на якому сервері в який день
privacy-table-block = сервери, на яких вам не можна починати співбесіди й долучатися до них
privacy-table-guild-question = запитання, які ви додали на сервер
privacy-table-offer = пропозиції та запрошення практикуватися разом
privacy-period-account = доки ви не видалите обліковий запис
privacy-period-saved = доки цього не видалить той, кому воно належить, або ви не видалите обліковий запис
privacy-period-interview = доки не закінчиться співбесіда
privacy-period-job = доки не буде готово, щонайбільше добу
privacy-period-server = поки цього не видалить той, хто керує сервером, або бот не піде
privacy-period-block = поки його не знімуть або воно не закінчиться, щонайбільше рік, навіть якщо ви видалите обліковий запис
privacy-period-30-days = 30 днів
privacy-period-90-days = 90 днів
privacy-period-a-year = рік після відповіді або доки ви не видалите обліковий запис
privacy-period-backups = доки резервна копія може повернути видалене, без жодних імен
privacy-period-installation = доки працює бот; це не стосується нікого
privacy-exported = { $parts ->
    [1] Усе, що про вас зберігається
   *[other] Частина { $number } із { $parts } того, що про вас зберігається
}. Тут є ваші слова, чужих немає. Файл лежить на серверах Discord, доки є це повідомлення: завантажте його, а потім приховайте або видаліть повідомлення.
privacy-export-too-large = { $count ->
    [1] Частина { $numbers } із { $parts } більша, ніж
   *[other] Частини { $numbers } із { $parts } більші, ніж
} приймає Discord: напишіть на адресу з /privacy contact, і ви отримаєте решту в інший спосіб.
privacy-export-damaged = Не вдалося відкрити частину того, що про вас зберігається ({ $count ->
    [one] { $count } запис
    [few] { $count } записи
   *[many] { $count } записів
}): там, де це лежить, його змінено або пошкоджено. Усе інше є в пакеті, а в README.txt сказано, чого бракує. Напишіть на адресу з /privacy contact, щоб це виправили або видалили.

## Чути

privacy-opted-out = Цей бот вас більше ніде не чує, на жодному сервері, хоч би на що ви погодилися раніше чи погодитеся пізніше; рядки, яких ніхто не зберіг, зникли. Збережене лишається: його показує /privacy data. Після /privacy opt-out off вас знову можна буде запитати.
privacy-opted-in = Вас знову можна запитати. Цим ви ні на що не погодилися: бот чує вас лише там, де ви долучилися й сказали «так».
privacy-not-opted-out = Ви цього не вмикали. Бот чує вас лише там, де ви долучилися й сказали «так».
privacy-analytics-title = Рахувати, чим я користуюся
privacy-analytics-intro = **Що рахується.** Якими командами ви користуєтеся і скільки тривали співбесіди (округлено), з датою, під псевдонімом, який щокварталу інший. Жодного вашого слова, жодних імен. Зникає через 90 днів. Від цього нічого не залежить.
privacy-analytics-none = Цей бот нічого не рахує, тож вмикати нічого.
privacy-analytics-on = Відтепер під псевдонімом рахується, чим ви користуєтеся. /privacy analytics off одразу це припиняє.

## Видалення

# Що треба ввести, малими літерами. Два різні слова.
privacy-delete-transcripts-word = стенограми
privacy-delete-account-word = обліковий запис
privacy-delete-transcripts-title = Видалити всі мої стенограми
privacy-delete-account-title = Видалити все про мене
privacy-delete-transcripts-intro =
    Це видалить **кожну стенограму, яку ви зберегли**, для всіх, із ким нею поділилися, разом з усіма відгуками на неї. Скасувати це не можна.

    Що лишиться: ваші слова у стенограмах, які зберегли інші. Їх можна вилучити по одному через /transcript redact або всі разом через /privacy delete-account.
privacy-delete-account-intro =
    Це видалить **усе, що про вас зберігається**: ваші стенограми, ваші слова в чужих, ваші згоди, ваші запити. Бот одразу перестане вас чути, хоч би де ви були. Скасувати це не можна, але почати знову можна будь-коли.

    Ви отримаєте підписану квитанцію. Якщо модератори сервера вас там заблокували, блокування лишається, доки не закінчиться. Те, що скопіювали інші, і те, що зберігає Discord, нам недоступне.
privacy-word-label = Щоб продовжити, введіть «{ $word }»
privacy-wrong-word = Нічого не видалено, бо це не те слово: скористайтеся командою ще раз і введіть «{ $word }».
privacy-no-transcripts = У вас немає власних стенограм, тож нічого не видалено.
privacy-transcripts-gone = Видалено назавжди й для всіх: { $count ->
    [one] { $count } ваша стенограма
    [few] { $count } ваші стенограми
   *[many] { $count } ваших стенограм
}.
privacy-transcripts-unfinished = Це не вдалося завершити, і це наша провина: скористайтеся командою ще раз; розпочате буде завершено не пізніше ніж під час наступного запуску бота.
privacy-transcripts-stay = Ваші слова в чужих стенограмах лишаються, доки ви їх не вилучите або не видалите обліковий запис.
privacy-not-rewritten = Файли ще не вдалося переписати, бо хтось їх саме читав: доки бот не запуститься знову, видалене ще є в них, зашифроване.
privacy-nothing-opens = Відкрити його вже нічим.
privacy-account-failed = Не вдалося довести до кінця, і це наша провина: скористайтеся, будь ласка, /privacy delete-account ще раз за мить. Бот вас уже ніде не чує.
privacy-account-nothing = Про вас тут нічого не зберігалося, тож видаляти не було чого. Бот вас ніде не чує. Так і сказано в доданій квитанції.
privacy-account-gone = **Видалено.** Бот вас уже ніде не чує, а цього більше немає, разом із ключами, які це відкривали:
privacy-account-line = - { $rows } · { $what }
privacy-account-running = Те, що від вас ще є в поточній співбесіді, зникне, коли вона закінчиться.
privacy-account-receipt = Збережіть додану квитанцію, вона вас не називає: копії в бота немає. Її перевіряє /privacy receipt.

## Запити

privacy-requested = Записано: { $kind }. Відповідь буде не пізніше ніж { $due }; див. /privacy requests.
privacy-hint-access = /privacy export дає її одразу.
privacy-hint-portability = /privacy export дає їх одразу.
privacy-hint-erasure = /privacy delete-account робить це одразу.
privacy-hint-rectification = Слова одразу виправляє /transcript correct.
privacy-hint-complaint = Ви також можете звернутися до органу захисту даних.
privacy-hint-withdraw = /consent withdraw робить це одразу.
privacy-correct-yourself = Неправильно записані слова: /transcript correct. На що ви погодилися: /consent. Ваше ім’я таке, яким його мав Discord, коли його зберегли. Про все інше напишіть тут, що не так і як правильно; відповідь буде протягом { $days ->
    [one] { $days } дня
   *[other] { $days } днів
}.
privacy-no-requests = Ви не надсилали запитів. Надіслати: /privacy request.
privacy-too-many-requests = У вас уже { $most ->
    [one] { $most } відкритий запит
    [few] { $most } відкриті запити
   *[many] { $most } відкритих запитів
}: на кожен вчасно дадуть відповідь, тож спершу дочекайтеся її.
privacy-requests-head = **Ваші запити**
privacy-request-open = - **{ $kind }** · надіслано { $made } · відповідь не пізніше ніж { $due }
privacy-request-closed = - **{ $kind }** · надіслано { $made } · { $outcome } { $closed }
privacy-outcome-done = виконано
privacy-outcome-partly = виконано частково
privacy-outcome-refused = відмовлено
privacy-outcome-taken-back = відкликано
privacy-outcome-unconfirmed = так і не підтверджено
privacy-outcome-none = закрито
privacy-confirmed = Тепер цей запит ваш.
privacy-code-refused = Цей код не діє або вже не діє: він спрацьовує один раз, протягом { $hours ->
    [one] { $hours } години
   *[many] { $hours } годин
} і кількох спроб. Попросіть електронною поштою інший.

## Квитанції

privacy-not-a-receipt = Цей файл не є квитанцією: додайте файл JSON, який прийшов разом із видаленням.
privacy-receipt-holds = ✅ Ця квитанція справжня: її підписано тут для видалення { $at }, { $keys ->
    [0] і ключів вона не називає
    [1] і ключа, який вона називає, вже немає
    [one] і з { $keys } ключа, що їх вона називає, не лишилося жодного
   *[many] і з { $keys } ключів, що їх вона називає, не лишилося жодного
}.
privacy-receipt-refused = ❌ Ця квитанція недійсна:
privacy-fault-installation = її видала інша інсталяція
privacy-fault-signature = підпис не збігається
privacy-fault-keys = { $count ->
    [one] { $count } знищений ключ усе ще є
    [few] { $count } знищені ключі все ще є
   *[many] { $count } знищених ключів усе ще є
} у сховищі ключів цього бота
privacy-fault-files = файли ще не переписано: видалене ще є в них, але відкрити його нічим
