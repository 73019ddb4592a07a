"""Companies (CVR number) and workplaces (P-number), contacts, protection and do-not-call, register import.

Verbs: import (and undo), protect. The workplace is what is called and visited.
Reads: people (municipalities, names).

Decided here: a workplace is known by its P-number for ever; under another CVR number it moves there with its history
and a warning. A company is called what its oldest unit (lowest P-number) is called. A column that an extract lacks,
and a value that cannot be used, leave what is known. An unreadable answer on protection counts as protected. Of two
rows with one P-number the first is used; the other is passed over when it says the same, else rejected.
"""
