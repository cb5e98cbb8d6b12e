// SPDX-License-Identifier: Apache-2.0
//
// The processes of an instance's command, as /proc shows them to its user, and which of them has a
// socket. What cannot be seen is left out: this is for people, nothing depends on it.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/proc_sockets.hh"
#include "wire/address.hh"

namespace nsrun::ctl {

// proc_pid_stat(5). -1 for a process that is not seen from here.
pid_t parent_of(pid_t pid);

// Those in the network namespace that the instance of the netns-run `launcher` made, however they
// came there; by number. Not those in namespaces of their own below it.
std::vector<pid_t> guest_processes(pid_t launcher);

// The sockets of one network namespace by protocol ("tcp", "udp", "ping") and name.
class SocketIndex {
 public:
  void add(std::string_view protocol, const std::vector<rules::ProcSocket>& sockets);
  // Of a flow's socket, 0: not known. A socket need not be connected, nor bound to an address.
  uint64_t inode_of(std::string_view protocol, const wire::Endpoint& guest,
                    const wire::Endpoint& remote) const;

 private:
  struct Name {
    std::string protocol;
    wire::Endpoint own;
    wire::Endpoint other;
    friend auto operator<=>(const Name&, const Name&) = default;
  };
  std::map<Name, uint64_t> inodes_;
};

struct GuestProcess {
  pid_t pid = 0;  // as netns-ctl sees it
  std::string name;
};

class SocketOwners {
 public:
  explicit SocketOwners(const std::vector<pid_t>& processes);
  // Of several that share the socket the one with the lowest number.
  std::optional<GuestProcess> find(std::string_view protocol, const wire::Endpoint& guest,
                                   const wire::Endpoint& remote) const;

 private:
  SocketIndex index_;
  std::map<uint64_t, GuestProcess> by_inode_;
};

}  // namespace nsrun::ctl
