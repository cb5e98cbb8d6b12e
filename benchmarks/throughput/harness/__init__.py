# SPDX-License-Identifier: Apache-2.0
"""The throughput benchmark, one idea per module.

options    the command line
outside    what is done to the machine, and undone; starts the rest in namespaces of its own
inside     the run itself, from the first process to the report
account    the ordinary user for whom everything runs
place      where a command runs: host, remote machine, guest; starts it and bounds it
world      the namespaces that play the host and the remote machine
programs   where the programs are, and their versions
peers      how each peer connects a guest
container  a container behind a bridge in a guest
iperf      one iperf3 measurement
probe      one netns_bench measurement
helper     CPU time and memory of a peer's processes
measures   what is measured: name -> function
launch     what a launcher takes for `true`, and for a hundred commands at once
campaign   repetitions, peers and measures in their order; gathers samples
figures    the rows of the table; medians and ratios
table      the report as Markdown
chart      the report as SVG
"""
