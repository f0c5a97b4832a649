# /// script
# requires-python = ">=3.11"
# dependencies = ["netmiko==4.8.0"]
# ///
"""Parses a router's output with the templates that ntc-templates has, and fails to connect to nobody."""

import netmiko
from netmiko.utilities import get_structured_data

OUTPUT = """\
Interface                  IP-Address      OK? Method Status                Protocol
GigabitEthernet0/0         192.0.2.1       YES NVRAM  up                    up
"""
rows = get_structured_data(OUTPUT, platform="cisco_ios", command="show ip interface brief")
print(rows[0]["interface"], rows[0]["ip_address"], len(netmiko.platforms) > 100)
try:
    netmiko.ConnectHandler(
        device_type="cisco_ios", host="127.0.0.1", port=1, username="u", password="p", conn_timeout=2
    )
except netmiko.NetmikoTimeoutException:
    print("no device")
