"""The gateway's hardware address. When this fails, ZMap asks the wrong machine to carry its packets, or waits for ever."""

from openletter.discovery.gateway import Gateway, default_gateway

ROUTES = """Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth1	00000000	0100A8C0	0003	0	0	200	00000000	0	0	0
eth0	00000000	FE01000A	0003	0	0	100	00000000	0	0	0
eth0	0001000A	00000000	0001	0	0	0	00FFFFFF	0	0	0
"""
NEIGHBOURS = """IP address       HW type     Flags       HW address            Mask     Device
10.0.1.254       0x1         0x2         02:00:00:00:00:fe     *        eth0
192.168.0.1      0x1         0x2         02:00:00:00:00:01     *        eth1
"""


def gateway(tmp_path, routes: str, neighbours: str) -> Gateway | None:
    (tmp_path / "route").write_text(routes)
    (tmp_path / "arp").write_text(neighbours)
    return default_gateway(tmp_path / "route", tmp_path / "arp")


def test_the_route_with_the_lowest_metric_counts(tmp_path):
    assert gateway(tmp_path, ROUTES, NEIGHBOURS) == Gateway("eth0", "02:00:00:00:00:fe")


def test_an_address_that_is_not_known_yet_is_none(tmp_path):
    assert (
        gateway(
            tmp_path, ROUTES, NEIGHBOURS.replace("0x2         02:00:00:00:00:fe", "0x0  00:00:00:00:00:00")
        )
        is None
    )
    assert gateway(tmp_path, ROUTES, "") is None


def test_a_machine_without_a_default_route_or_without_these_files(tmp_path):
    assert gateway(tmp_path, ROUTES.splitlines()[0] + "\n", NEIGHBOURS) is None
    assert default_gateway(tmp_path / "nothing", tmp_path / "nothing") is None
