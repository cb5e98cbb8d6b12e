// SPDX-License-Identifier: Apache-2.0
#include "ctl/options.hh"

namespace nsrun::ctl {

std::string_view help_text() noexcept {
  return R"(Shows and changes running instances of netns-run.

  netns-ctl ps
  netns-ctl port add web -p 8080:80
  netns-ctl connections web
  netns-ctl capture web -w web.pcapng tcp and port 80
  netns-ctl stats web --prometheus
  netns-ctl exec web ss -tln
  netns-ctl stop web

Usage: netns-ctl [options] command

  ps                           your running instances
  port add NAME -p RULE ...    publish ports as "netns-run -p" does; all or none
  port list NAME               what is published
  port rm NAME -p RULE ...     stop publishing them; all or none
  connections NAME             what is relayed: state, bytes, age, round trip
                               of the far side, and the process in the guest
  capture NAME -w FILE [FILTER]  frames between guest and helper, as pcapng,
                               until Ctrl-C; FILTER: tcp, udp, icmp, arp, port
                               NUMBER and host ADDRESS, joined by "and"
  stats NAME                   counters since the helper's start
  top [NAME]                   instances, or the connections of one, by traffic,
                               each second until q; once if not on a terminal
  exec NAME [--] COMMAND ...   run a second command in the instance, like its
                               first; "exec" must come before all options
  shell NAME                   the same with $SHELL
  stop NAME                    SIGTERM for its command, SIGKILL for all of it
                               after --timeout; waits for the end

  -p, --publish RULE   [[host-address:]host-port:]port[/udp]; ranges as
                       8000-8010:9000-9010; may be given repeatedly
      --json           answer in JSON
      --prometheus     stats in Prometheus' text format
  -w, --write PATH     of capture; "-" is standard output
      --count FRAMES   stop after so many
      --seconds SECONDS  stop after so long
      --once           top as text, for one second
      --timeout SECONDS  of stop (default: 10)
  -h, --help
      --version

Status: 0 done, 1 refused or failed, 2 the command line is wrong, 3 no such
instance. exec and shell: the command's own, as netns-run's; 125 if that failed.
)";
}

}  // namespace nsrun::ctl
