"""``python -m crm`` is ``crm``."""

from crm.cli import main

main()
