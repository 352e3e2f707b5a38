# /owner: for whoever runs the bot. The commands' own names are in English only.

owner-only = Only whoever runs the bot can do that, and only in its home server.
owner-health-retention = { $ok ->
    [yes] 🟢 What is due is deleted in time.
   *[no] 🔴 What is due was not deleted lately: see python -m bot selfcheck.
}
owner-health-requests = { $overdue ->
    [0] 🟢 Open requests: { $open }; none is overdue.
   *[other] 🔴 Open requests: { $open }; overdue: { $overdue }. See python -m bot requests list.
}
owner-health-backup = { $stale ->
    [yes] 🔴 The newest backup is of { $at }: see what makes one each day, and run python -m bot backup.
   *[no] 🟢 The newest backup is of { $at }.
}
owner-health-no-backup = { $bare ->
    [yes] 🔴 There is no backup, and saved transcripts would be lost with the disk: { $transcripts }. Run python -m bot backup.
   *[no] 🟢 There is no backup, and nothing is saved yet.
}
owner-health-running = In { $servers } servers; interviews running: { $interviews }.
owner-budget = Feedback this month, in tokens: { $spent } used, { $reserved } reserved, in all servers together.
owner-due = Due by time: { $count }. Nothing was deleted.
owner-deleted = Deleted: { $count }; held back, to be looked at once more: { $held }.
owner-not-run = Nothing was deleted by time: another process is at it, or the clock is not believed. See python -m bot selfcheck.
owner-not-sure = Nothing was done: choose True if this process shall end.
owner-ending-already = This process is ending already.
owner-draining = This process ends: no interview begins any more, and what was said can be saved for the grace time.
