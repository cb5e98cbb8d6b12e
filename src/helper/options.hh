// SPDX-License-Identifier: Apache-2.0
//
// The command line of netns-slirp: slirp4netns' whole one, and a few options of our own for
// netns-run. argv to values, every value checked, nothing touched: whatever depends on the host is
// found out by start-up.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/log.hh"
#include "base/result.hh"
#include "dataplane/data_plane.hh"
#include "nsrun/instance.hh"
#include "rules/auto_rule.hh"
#include "rules/listen_rule.hh"
#include "rules/network_plan.hh"
#include "rules/port_rule.hh"
#include "rules/unix_rule.hh"
#include "wire/address.hh"

namespace nsrun::helper {

// Where the TAP comes from.
struct TargetProcess {  // its namespaces are entered
  pid_t pid = 0;
};
struct TargetPath {  // of a network namespace
  std::string network;
  std::string user;  // "": the current user namespace is the right one
};
struct TargetTapFd {  // the caller has opened it
  int number = -1;
};
struct TargetBess {  // User Mode Linux connects to this Unix socket, SOCK_SEQPACKET, frames as
                     // messages
  std::string path;
};
struct TargetLauncher {  // netns-run sends it over this socket
  int socket_number = -1;
};
using Target = std::variant<TargetProcess, TargetPath, TargetTapFd, TargetBess, TargetLauncher>;

using dataplane::TcpEngine;

struct Options {
  Target target;
  std::string tap_name = "tap0";
  bool configure = false;
  std::optional<wire::MacAddress> mac;  // absent: the kernel picks one
  unsigned mtu = 1500;
  rules::NetworkPlan plan;

  std::optional<int> exit_fd;
  std::optional<int> ready_fd;
  std::string api_socket;            // "": none
  std::optional<Instance> instance;  // has a control socket
  std::vector<rules::PortRule> publish;
  std::vector<rules::PortRule> host_ports;    // services of the host on the guest's loopback
  std::vector<rules::UnixRule> host_sockets;  // the same behind Unix sockets
  std::vector<rules::AutoRule> publish_auto;  // of the ports that the command listens on
  std::vector<rules::UnixRule> publish_unix;  // Unix sockets of the host that lead to the guest
  bool publish_fallback = false;              // to another port, where one is taken
  bool splices_local_clients = false;         // of published TCP ports, past the TAP
  bool publish_loopback = false;              // of the guest, where it refuses a client at the TAP
  std::vector<rules::ListenRule> listen;

  bool allow_host_loopback = true;
  bool allow_link_local = true;
  bool has_dns = true;
  std::vector<wire::IpAddress> dns_servers;  // empty: those of the host's resolv.conf, followed
  std::string outbound_address;     // "": the kernel picks; else an IPv4 address or an interface
  std::string outbound_address_v6;  // likewise for IPv6
  TcpEngine tcp_engine = TcpEngine::kAccelerated;

  bool may_lack_stages = false;  // of lock-down, where the host forbids them

  base::log::Level lowest_shown = base::log::Level::kInfo;
  std::vector<std::string> warnings;  // what was accepted but is not as it should be
};

struct ShowHelp {};
struct ShowVersion {};
using Invocation = std::variant<Options, ShowHelp, ShowVersion>;

// `arguments` without the program's name. The error names the option, the value and what is
// expected.
base::Result<Invocation> parse_options(std::vector<std::string> arguments);

// What --help prints. Callers look for option names in it to learn what we can do.
std::string_view help_text() noexcept;

}  // namespace nsrun::helper
