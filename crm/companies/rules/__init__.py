"""The pure part of companies: industries in words, and how a register extract is read."""

from crm.companies.rules.columns import COLUMNS, REQUIRED, Header, read_header
from crm.companies.rules.correction import Rejected, correction_file, example_file
from crm.companies.rules.industry import DIVISIONS, SECTIONS, VERSIONS, Section, industry_label, section_of
from crm.companies.rules.reading import open_extract
from crm.companies.rules.remarks import Remark
from crm.companies.rules.rows import Row, RowReader

__all__ = [
    "COLUMNS",
    "DIVISIONS",
    "REQUIRED",
    "SECTIONS",
    "VERSIONS",
    "Header",
    "Rejected",
    "Remark",
    "Row",
    "RowReader",
    "Section",
    "correction_file",
    "example_file",
    "industry_label",
    "open_extract",
    "read_header",
    "section_of",
]
