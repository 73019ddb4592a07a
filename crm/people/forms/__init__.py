"""Forms of people."""

from __future__ import annotations

from crm.people.forms.people import ROLE_LABELS as ROLE_LABELS
from crm.people.forms.people import SCOPE_FIELDS as SCOPE_FIELDS
from crm.people.forms.people import DetailsForm as DetailsForm
from crm.people.forms.people import FirmForm as FirmForm
from crm.people.forms.people import JobcentreForm as JobcentreForm
from crm.people.forms.people import NewUserForm as NewUserForm
from crm.people.forms.people import OwnPasswordForm as OwnPasswordForm
from crm.people.forms.people import PasswordForm as PasswordForm
from crm.people.forms.people import RolesForm as RolesForm
from crm.people.forms.people import SignInForm as SignInForm
