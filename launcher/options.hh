// SPDX-License-Identifier: Apache-2.0
//
// The command line of netns-run: argv to values, every value checked, nothing touched. Whatever
// depends on the host (is the port free, does the interface exist) is found out later.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/log.hh"
#include "base/result.hh"
#include "launcher/limits.hh"
#include "launcher/name_options.hh"
#include "os/id_maps.hh"
#include "rules/auto_rule.hh"
#include "rules/listen_rule.hh"
#include "rules/network_plan.hh"
#include "rules/port_rule.hh"
#include "rules/unix_rule.hh"
#include "sandbox/capability_set.hh"
#include "wire/address.hh"

namespace nsrun::launcher {

struct Options {
  std::vector<std::string> command;  // at least the program; with netns it may be empty

  std::vector<rules::PortRule> publish;
  std::vector<rules::PortRule> host_ports;    // services of the host on its loopback
  std::vector<rules::UnixRule> host_sockets;  // the same behind Unix sockets
  std::vector<rules::AutoRule> publish_auto;  // of the ports that the command listens on
  std::vector<rules::UnixRule> publish_unix;  // Unix sockets of the host that lead to the guest
  bool publish_fallback = false;              // to another port, where one is taken
  std::string netns;                          // the namespace to connect; "": a new one
  bool detach = false;                        // go on in the background
  bool no_publish_loopback = false;
  bool no_splice = false;
  std::vector<rules::ListenRule> listen;  // each descriptor once
  bool takes_listen_fds = false;          // those of a service manager, too
  bool command_notifies = false;          // NOTIFY_SOCKET is for the command
  bool map_root = false;
  bool map_auto = false;
  os::IdMap uid_map;  // as given; empty: by the two before
  os::IdMap gid_map;  // likewise
  bool share_pid = false;
  bool new_ipc = false;
  bool new_uts = false;   // also by a host_name
  std::string host_name;  // "": the host's
  bool new_cgroup = false;
  // Whether the command may do more than its caller: not with a kept id alone.
  bool has_rights() const noexcept {
    return map_root || map_auto || !uid_map.empty() || !gid_map.empty();
  }
  // What the command holds. Without has_rights() nothing.
  sandbox::CapabilitySet capabilities = sandbox::kNoCapabilities;
  Limits limits;  // of the command and all that it starts
  bool no_new_privileges = true;
  bool allow_vsock = false;

  // The texts that make the plan go to the helper as they are. No IPv6: cidr6 is empty.
  std::string cidr{rules::kDefaultCidr};
  std::string cidr6{rules::kDefaultCidr6};
  rules::NetworkPlan plan;
  unsigned mtu = 1500;
  std::string interface_name = "tap0";
  std::optional<wire::MacAddress> mac;  // absent: the kernel picks one
  bool has_dns = true;
  NameOptions names;

  bool allow_host_loopback = false;
  bool allow_link_local = false;
  std::string outbound_address;     // "": the kernel picks
  std::string outbound_address_v6;  // likewise
  std::string tcp_engine;           // "": the helper's default
  std::string api_socket;           // "": none
  std::string name;                 // "": made from the pid
  bool no_sandbox = false;          // of the helper, where the host forbids it

  base::log::Level lowest_shown = base::log::Level::kInfo;
};

struct ShowHelp {};
struct ShowVersion {};
struct CheckHost {};
struct ShowConfig {
  std::string text;  // what is in effect, as a profile
};
using Invocation = std::variant<Options, ShowHelp, ShowVersion, CheckHost, ShowConfig>;

// The text of the profile of that name.
using ProfileReader = std::function<base::Result<std::string>(const std::string& name)>;

// The error names the option, the value and what is expected. A profile is as if its options stood
// in front of those given: these win, and lists are both.
base::Result<Invocation> parse_options(int argc, const char* const* argv,
                                       const ProfileReader& read_profile);

// What --help prints: at most two screens of 24 lines.
std::string_view help_text() noexcept;

}  // namespace nsrun::launcher
