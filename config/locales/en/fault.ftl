# What storage did not do, whatever the command was.

fault-account-deleted = Your account with this bot was deleted while this was being done. So it was not done, and nothing of it is kept. If you still want it, use the command again: you begin anew.
fault-deleted = What this belongs to was deleted while this was being done, so it was not done. Look at what is still there, and use the command again if you need it.
fault-full = That was not done: there is no room left where this bot keeps its data. What was kept before is safe. Please try again later; if it stays like this, write to the address of /privacy contact.
fault-later = That was not done: this bot cannot read or write its data at the moment. What was kept before is safe. Please try again in a few minutes; if it stays like this, write to the address of /privacy contact.
fault-damaged = That does not open: it was changed or damaged in the place where this bot keeps its data. Trying again does not help. Write to the address of /privacy contact to have it put right or deleted.
