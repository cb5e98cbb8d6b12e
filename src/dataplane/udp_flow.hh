// SPDX-License-Identifier: Apache-2.0
//
// One UDP association: what the guest and one remote endpoint say to each other, through a host
// socket that may serve several. A plain record; udp_relay.hh moves the datagrams.
#pragma once

#include <optional>

#include "base/time.hh"
#include "dataplane/flow_table.hh"
#include "dataplane/link_pair.hh"
#include "loop/loop.hh"
#include "os/socket_address.hh"
#include "wire/flow_key.hh"
#include "wire/flow_report.hh"

namespace nsrun::dataplane {

class UdpSocket;

class UdpFlow {
 public:
  UdpFlow(UdpSocket& its_socket, const wire::FlowKey& key, const wire::FlowKey& host_key,
          const LinkPair& its_link, base::Time now, uint32_t host_interface = 0) noexcept
      : socket(its_socket),
        link(its_link),
        last_used(now),
        opened_at_(now),
        key_(key),
        host_key_(host_key),
        host_interface_(host_interface) {}

  // As the guest sees it.
  const wire::FlowKey& key() const noexcept { return key_; }
  // As the host sees it: `remote` is the real peer; `guest` is the local address that a client of a
  // published port has asked, all zero otherwise.
  const wire::FlowKey& host_key() const noexcept { return host_key_; }
  // The peer for system calls.
  os::SocketAddress peer() const noexcept {
    return os::SocketAddress::from(host_key_.remote, host_interface_);
  }

  wire::FlowReport report(base::Time now) const noexcept;

  UdpSocket& socket;
  LinkPair link;
  bool takes_runs = true;  // UDP_SEGMENT works towards the peer
  base::Time last_used;
  UdpFlow* older = nullptr;  // in the relay's list by last_used
  UdpFlow* newer = nullptr;
  uint64_t bytes_to_host = 0;  // payload
  uint64_t bytes_to_guest = 0;

 private:
  base::Time opened_at_;
  wire::FlowKey key_;
  wire::FlowKey host_key_;
  uint32_t host_interface_;  // where the peer's address is link-local
};

// One host socket. With `guest`: a published port, for all its clients. Without: everything that
// one guest endpoint sends (RFC 4787 REQ-1, endpoint-independent mapping).
class UdpSocket final : public loop::Source {
 public:
  class User {
   public:
    virtual void socket_ready(UdpSocket& socket, uint32_t events, base::Time now) noexcept = 0;

   protected:
    ~User() = default;
  };

  struct HostKey {
    static const wire::FlowKey& of(const UdpFlow& flow) noexcept { return flow.host_key(); }
  };

  // `key`: of the association, or of the published port ({guest: host endpoint}).
  UdpSocket(loop::Loop& loop, User& user, const wire::FlowKey& key, base::Fd fd,
            const std::optional<wire::Endpoint>& its_guest, const wire::SipHashKey& hash_key)
      : Source(loop, "udp socket"),
        guest(its_guest),
        peers(hash_key),
        user_(user),
        key_(key),
        fd_(std::move(fd)) {
    watch(fd_, EPOLLIN | EPOLLRDHUP);
  }
  // Before the socket is closed: others may hold it, too (--listen-fd), and keep it in epoll(7).
  ~UdpSocket() override { unwatch(); }

  const wire::FlowKey& key() const noexcept { return key_; }
  base::FdView fd() const noexcept { return fd_; }

  std::optional<wire::Endpoint> guest;
  wire::Endpoint guest_v4;  // of a published port's clients by IPv4
  FlowTable<UdpFlow, HostKey> peers;
  std::array<std::optional<bool>, 2> dont_fragment;  // as last set, for IPv6 and for IPv4

 private:
  void on_ready(uint32_t events, base::Time now) noexcept override {
    user_.socket_ready(*this, events, now);
  }

  User& user_;
  wire::FlowKey key_;
  base::Fd fd_;
};

inline wire::FlowReport UdpFlow::report(base::Time now) const noexcept {
  return {.kind = wire::FlowKind::kUdp,
          .is_published = socket.guest.has_value(),
          .guest = key_.guest,
          .remote = key_.remote,
          .bytes_to_host = bytes_to_host,
          .bytes_to_guest = bytes_to_guest,
          .age = now - opened_at_};
}

}  // namespace nsrun::dataplane
