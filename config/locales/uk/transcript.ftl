# /transcript: зберігати, читати, показувати іншим і видаляти сказане.

cmd-transcript =
    .description = Стенограми, які ви зберегли
cmd-transcript-save =
    .description = Зберегти сказане в останній співбесіді; інакше його буде забуто
    .param-title = Як назвати; якщо не вказати, за днем
cmd-transcript-list =
    .description = Ваші стенограми й ті, якими з вами поділилися
    .param-page = Яка сторінка списку
cmd-transcript-view =
    .description = Читати стенограму
    .param-transcript = Яку саме
    .param-page = Яка її сторінка
cmd-transcript-search =
    .description = Шукати слова в усьому, що вам можна читати
    .param-text = Слова в будь-якому порядку; "вислів" у лапках
cmd-transcript-export =
    .description = Забрати стенограму файлом
    .param-transcript = Яку саме
    .param-format = Текст, Markdown, JSON, таблиця або субтитри
cmd-transcript-correct =
    .description = Виправити те, що з ваших слів розпізнано неправильно
    .param-transcript = Яку саме
    .param-line = Номер рядка, як його показує /transcript view
    .param-text = Що ви сказали
cmd-transcript-redact =
    .description = Вилучити слова назавжди: свої будь-де, будь-чиї у своїх стенограмах
    .param-transcript = Яку саме
    .param-line = Номер рядка, як його показує /transcript view
cmd-transcript-share =
    .description = Дати комусь на певний час читати вашу стенограму
    .param-transcript = Яку саме
    .param-person = Хто зможе її читати
    .param-hours = Скільки годин; якщо не вказати, 24
cmd-transcript-unshare =
    .description = Більше не давати комусь читати вашу стенограму
    .param-transcript = Яку саме
    .param-person = Хто більше не зможе її читати
cmd-transcript-delete =
    .description = Видалити вашу стенограму, для всіх
    .param-transcript = Яку саме

transcript-failed = Не вийшло, і це наша провина. Нічого не втрачено; спробуйте, будь ласка, ще раз.
transcript-no-such = Такої стенограми немає, або вона не для вас: виберіть одну із запропонованих.
transcript-not-possible = Так не можна: перевірте, що ви ввели, і спробуйте ще раз.
transcript-page = -# Сторінка { $page } із { $pages }
transcript-and-more = -# І ще { $count }

## Збереження

transcript-save-title = Зберегти стенограму
transcript-save-afterwards = Співбесіда ще триває: збережіть її, коли вона закінчиться, протягом пів години.
transcript-no-draft = Із цієї співбесіди вам нема чого читати: пів години минуло, учасники нічого не сказали або вас серед них не було.
transcript-not-ticked = Нічого не збережено, бо збереження не позначено.
transcript-nothing-to-save = Зберігати нічого: ніхто з тих, хто говорив, не погоджується, щоб його слова зберігали.
transcript-title = Співбесіда { $day }, { $time } UTC
transcript-saved = Збережено { $lines ->
    [one] { $lines } рядок
    [few] { $lines } рядки
   *[many] { $lines } рядків
}. Читати: /transcript view, поділитися: /transcript share.
transcript-left-out = Слова { $people ->
    [one] { $people } людини
   *[many] { $people } людей
} пропущено й позначено як \[не збережено\]: згоди на збереження не було.

## Читання

transcript-none = У вас немає стенограм. Після співбесіди сказане зберігає /transcript save.
transcript-list-head = **Ваші стенограми**
transcript-unopened = не відкривається
transcript-entry = - **{ $title }** · { $day } · { $lines ->
    [one] { $lines } рядок
    [few] { $lines } рядки
   *[many] { $lines } рядків
}
transcript-entry-shared-with-you = вам дали її читати
transcript-entry-shared-until = вам дали її читати до { $until }
transcript-entry-readers = можуть читати: { $people ->
    [one] { $people } людина
    [few] { $people } людини
   *[many] { $people } людей
}
transcript-empty = Тут нічого немає.
transcript-question = Запитання
transcript-note = Ваша нотатка
transcript-not-saved = [не збережено]
transcript-redacted = [вилучено]
transcript-erased = [видалено]
transcript-withheld = [не показано]
transcript-damaged = [пошкоджено]
transcript-gap = [{ $seconds } с без тексту]
transcript-nothing-found = Нічого не знайдено. Слова можуть стояти в будь-якому порядку; вислів візьміть у лапки.
transcript-hit = - **{ $title }** · { $day }
transcript-hit-line = рядок { $line }
transcript-exported = Ваш файл. Він лежить на серверах Discord, доки є це повідомлення.

## Зміни

transcript-line-corrected = Виправлено: усі, хто може читати цю стенограму, бачать, що ви сказали.
transcript-line-redacted = Вилучено назавжди. На цьому місці стоїть позначка.
transcript-not-with-bots = Стенограмою можна поділитися лише з людьми.
transcript-not-with-yourself = Вона й так ваша: виберіть когось іншого.
transcript-shared = { $person } може її читати до { $until }. Сповіщення не буде: скажіть про це самі.
transcript-unshared = Ця людина більше не може її читати.
transcript-was-not-shared = Ця людина й так не могла її читати.
transcript-sure = Видалити **{ $title }** для всіх: { $lines ->
    [one] { $lines } рядок
    [few] { $lines } рядки
   *[many] { $lines } рядків
} та всі відгуки на неї? Повернути її не вийде.
transcript-delete-for-good = Видалити назавжди
transcript-keep-it = Лишити
transcript-kept = Нічого не видалено.
transcript-deleted = Видалено назавжди: { $lines ->
    [one] { $lines } рядок
    [few] { $lines } рядки
   *[many] { $lines } рядків
}, { $comments ->
    [one] { $comments } відгук
    [few] { $comments } відгуки
   *[many] { $comments } відгуків
}. Крім вас, { $readers ->
    [0] її не міг читати ніхто
    [one] її могла читати { $readers } людина
    [few] її могли читати { $readers } людини
   *[many] її могли читати { $readers } людей
}. Відновлена резервна копія її не поверне.
