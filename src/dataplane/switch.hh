// SPDX-License-Identifier: Apache-2.0
//
// Takes each frame of the guest to whoever is responsible: parses it, counts what is refused, puts
// fragments together, hands packets of known flows to their engine, asks the policy (route.hh)
// about new ones, and hands over to an engine, the DNS forwarder or the stack. What is denied is
// answered like a router's firewall would, and noted in the log. Owns no socket and no descriptor.
#pragma once

#include <functional>
#include <vector>

#include "base/counters.hh"
#include "base/log.hh"
#include "dataplane/echo_relay.hh"
#include "dataplane/frame_io.hh"
#include "dataplane/link_pair.hh"
#include "dataplane/neighbors.hh"
#include "dataplane/route.hh"
#include "dataplane/transport_engine.hh"
#include "dns/forwarder.hh"
#include "slirp/engine.hh"
#include "wire/icmp.hh"
#include "wire/reassembly.hh"

namespace nsrun::dataplane {

class Switch final : public FrameReceiver,
                     public slirp::StackOutput,
                     public dns::AnswerSink,
                     public LinkDirectory {
 public:
  Switch(loop::Loop& loop, const RoutingRules& rules, base::Counters& counters);

  // Before the first frame. All must outlive their use here.
  void connect(FrameIo& tap, slirp::Engine& stack, dns::Forwarder& name_server,
               EchoRelay& echo) noexcept;
  // Who relays the transport instead of the stack; must outlive its use here. With `for_names_only`
  // the stack carries TCP, save that to the DNS addresses: it would look for the name servers in
  // resolv.conf, which it no longer sees.
  void set_tcp_engine(TransportEngine& engine, bool for_names_only) noexcept {
    tcp_engine_ = &engine;
    stack_carries_tcp_ = for_names_only;
  }
  void set_udp_engine(TransportEngine& engine) noexcept { udp_engine_ = &engine; }
  // Where the guest is, until its frames tell.
  void assume_guest_mac(const wire::MacAddress& mac) noexcept { neighbors_.assume(mac); }
  // Called with an address of the plan's IPv6 network when the guest is first seen using one.
  void on_guest_v6(std::function<void(const wire::IpAddress&)> callback) {
    on_guest_v6_ = std::move(callback);
  }

  void receive(const GuestFrame& frame, base::Time now) noexcept override;
  void send_from_stack(base::Bytes frame) noexcept override;
  // Const, though it may send a question: that goes to the guest and changes nothing here.
  LinkPair link_for(const wire::IpAddress& guest,
                    const wire::IpAddress& remote) const noexcept override;
  void dns_answer(const wire::Endpoint& guest, const wire::Endpoint& dns_address,
                  base::Bytes message) noexcept override;

 private:
  void drop(base::Counter reason) noexcept { counters_.add(reason); }
  void receive_fragment(const wire::Packet& packet, base::Time now) noexcept;
  void receive_whole(const GuestFrame& frame, const wire::Packet& packet, base::Time now) noexcept;
  TransportEngine* engine_for(const wire::Packet& packet) const noexcept;
  void begin_flow(const GuestFrame& frame, const wire::Packet& packet, base::Time now) noexcept;
  void learn(const wire::Packet& packet) noexcept;
  void ask_name_server(const GuestFrame& frame, const wire::Packet& packet,
                       base::Time now) noexcept;
  // A guest that has been silent since it came up: its kernel takes nothing sent to everybody but
  // this. What is being sent gets lost; the answer is there before it comes again.
  void ask_who_has(const wire::IpAddress& guest, const LinkPair& link) const noexcept;
  void give_to_stack(const GuestFrame& frame, const wire::Packet& packet) noexcept;
  void give_to_stack(base::Bytes frame) noexcept;
  void deny(const wire::Packet& packet, rules::Verdict verdict, base::Time now) noexcept;
  void refuse(const wire::Packet& packet, wire::IcmpError error) noexcept;
  void reset(const wire::Packet& packet) noexcept;
  void send_answer(size_t length) noexcept;
  const wire::IpAddress& gateway(bool is_v4) const noexcept;

  const RoutingRules rules_;
  base::Counters& counters_;
  FrameIo* tap_ = nullptr;
  slirp::Engine* stack_ = nullptr;
  dns::Forwarder* name_server_ = nullptr;
  EchoRelay* echo_ = nullptr;
  TransportEngine* tcp_engine_ = nullptr;
  bool stack_carries_tcp_ = false;
  TransportEngine* udp_engine_ = nullptr;
  std::function<void(const wire::IpAddress&)> on_guest_v6_;

  wire::Reassembler reassembler_;
  loop::Timer fragment_timer_;
  Neighbors neighbors_;
  bool has_seen_guest_v6_ = false;
  base::log::RateLimit audit_;
  std::vector<std::byte> answer_;  // of the frame that is being built
};

}  // namespace nsrun::dataplane
