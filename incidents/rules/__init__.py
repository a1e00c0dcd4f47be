"""Why a verb is refused now, each with the clause it keeps.

The same `why_not_*` refuses the verb on every surface, greys out its button and fills `allowed_actions` in the API.
They look at an incident, its facts and who is acting; they read and write nothing. A rule about a part of an incident (an order,
a change …) takes it last, and without it says whether there is any that the actor could do it to.
"""
