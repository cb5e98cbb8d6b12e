// SPDX-License-Identifier: Apache-2.0
//
// The stack: libslirp behind an interface of ours. It answers for the gateway (ARP, NDP, router
// advertisements, DHCP, echo) and carries the flows that nothing faster takes. This room is the
// only one that includes <libslirp.h>.
//
// libslirp walks all its sockets whenever it is polled, so it is polled only with a reason: a frame
// for it, one of its sockets ready, a timer due. All reasons of one batch of events cost one poll.
// It judges no address: whoever calls input() has done that.
#pragma once

#include <netinet/in.h>

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hh"
#include "base/log.hh"
#include "base/result.hh"
#include "loop/loop.hh"
#include "slirp/socket_table.hh"
#include "wire/address.hh"

struct Slirp;
struct SlirpCb;

namespace nsrun::slirp {

// Where the stack's Ethernet frames for the guest go.
class StackOutput {
 public:
  // `frame` has all its checksums and is only valid during the call.
  virtual void send_from_stack(base::Bytes frame) noexcept = 0;

 protected:
  ~StackOutput() = default;
};

struct StackConfig {
  wire::Prefix v4;
  wire::IpAddress gateway_v4;
  wire::IpAddress dns_v4;
  wire::IpAddress dhcp_start_v4;
  bool has_v6 = false;
  wire::Prefix v6;
  wire::IpAddress gateway_v6;
  wire::IpAddress dns_v6;
  // The longest IP packet that the guest may hand over and wants to get. See kLargestPacket.
  unsigned packet_bytes = 1500;
  bool answers_dns = true;  // TCP to the DNS addresses goes to the host's resolver
  std::optional<wire::IpAddress> outbound_v4;
  std::optional<wire::IpAddress> outbound_v6;
};

// libslirp takes no more for its MTU. Right for a guest that segments by itself (TSO): libslirp
// refuses IPv6 packets above its MTU, and the guest's MSS limits what it sends to the guest.
inline constexpr unsigned kLargestPacket = 65521;

class Engine {
 public:
  // `loop` and `output` must outlive the engine. Throws base::Failure.
  Engine(loop::Loop& loop, const StackConfig& config, StackOutput& output);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  // An Ethernet frame from the guest, its checksums complete.
  void input(base::Bytes frame) noexcept;

  // Polls libslirp if there is a reason. To be called at the end of each batch of the loop.
  void settle(base::Time now) noexcept;

  // Publishes a host address and port. Both endpoints are of one family, the guest's address is
  // given. An IPv6 wildcard leaves IPv4 alone (IPV6_V6ONLY). The error is strerror's text.
  std::optional<base::Error> add_forward(wire::Transport transport, const wire::Endpoint& host,
                                         const wire::Endpoint& guest);
  // False when nothing is published there. Running connections go on.
  bool remove_forward(wire::Transport transport, const wire::Endpoint& host);

  static std::string version();

 private:
  friend struct Callbacks;

  void update_clock() noexcept;
  void register_sockets() noexcept;

  loop::Loop& loop_;
  StackOutput& output_;
  SocketTable sockets_;
  loop::Timer timer_;
  base::log::RateLimit complaints_;
  // libslirp keeps pointers to these three.
  const std::unique_ptr<SlirpCb> callbacks_;
  sockaddr_in outbound_v4_{};
  sockaddr_in6 outbound_v6_{};
  unsigned log_handler_ = 0;
  ::Slirp* stack_ = nullptr;
  base::Time polled_at_;
  bool has_reason_ = true;
};

}  // namespace nsrun::slirp
