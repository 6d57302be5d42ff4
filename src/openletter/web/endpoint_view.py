"""One endpoint as a page tells of it, as :mod:`openletter.report.endpoint_view` makes it."""

from openletter.report.endpoint_view import EndpointView as EndpointView
from openletter.report.endpoint_view import endpoint_view as endpoint_view
from openletter.report.service import SERVICES as SERVICES
