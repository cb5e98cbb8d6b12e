// SPDX-License-Identifier: Apache-2.0
#include "os/listeners.hh"

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <sstream>

#include "base/error.hh"
#include "os/netlink_request.hh"
#include "os/sysctl.hh"

namespace nsrun::os {
namespace {

using wire::IpAddress;
using wire::Listener;
using wire::Transport;

struct Dump {
  Transport transport;
  std::vector<Listener>& into;
};

int read_v6_only(const nlattr* attribute, void* into) {
  if (mnl_attr_get_type(attribute) == INET_DIAG_SKV6ONLY) {
    *static_cast<bool*>(into) = mnl_attr_get_u8(attribute) != 0;
  }
  return MNL_CB_OK;
}

int read_socket(const nlmsghdr* header, void* into) {
  const auto& [transport, listeners] = *static_cast<Dump*>(into);
  if (mnl_nlmsg_get_payload_len(header) < sizeof(inet_diag_msg)) return MNL_CB_OK;
  const auto* body = static_cast<const inet_diag_msg*>(mnl_nlmsg_get_payload(header));
  const base::Bytes source = base::bytes_of(body->id.idiag_src);
  const auto address =
      IpAddress::from_bytes(body->idiag_family == AF_INET ? source.first(4) : source);
  const uint16_t port = ntohs(body->id.idiag_sport);
  listeners.push_back({transport, {address, port}});
  bool is_v6_only = true;
  mnl_attr_parse(header, sizeof *body, read_v6_only, &is_v6_only);
  const bool takes_both = address == wire::kAnyV6 && !is_v6_only;
  if (takes_both) listeners.push_back({transport, {wire::kAnyV4, port}});
  return MNL_CB_OK;
}

}  // namespace

ListenerList::ListenerList()
    : socket_(base::check("open a socket for sock_diag",
                          ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG))) {
  std::istringstream range(read_sysctl("net/ipv4/ip_local_port_range").value_or(""));
  uint16_t first = 0;
  uint16_t last = 0;
  if (range >> first >> last) {
    first_chosen_port_ = first;
    last_chosen_port_ = last;
  }
}

std::vector<Listener> ListenerList::read() {
  std::vector<Listener> listeners;
  for (const auto transport : {Transport::kTcp, Transport::kUdp}) {
    for (const int family : {AF_INET, AF_INET6}) {
      inet_diag_req_v2 wanted{};
      wanted.sdiag_family = static_cast<uint8_t>(family);
      wanted.sdiag_protocol = static_cast<uint8_t>(transport);
      // UDP has no states of its own: what is not connected is closed.
      wanted.idiag_states = 1U << (transport == Transport::kTcp ? TCP_LISTEN : TCP_CLOSE);
      NetlinkRequest request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, wanted);
      Dump dump{transport, listeners};
      talk_netlink(socket_, request.header(), ++sequence_, "list the listening sockets",
                   read_socket, &dump);
    }
  }
  std::erase_if(listeners, [&](const Listener& each) {
    return each.transport == Transport::kUdp && each.local.port >= first_chosen_port_ &&
           each.local.port <= last_chosen_port_;
  });
  std::ranges::sort(listeners);
  listeners.erase(std::unique(listeners.begin(), listeners.end()), listeners.end());
  return listeners;
}

}  // namespace nsrun::os
