// SPDX-License-Identifier: Apache-2.0
//
// The UDP half of the accelerator. RFC 4787: endpoint-independent mapping (REQ-1; one host socket
// per guest endpoint, so that hole punching works), address- and port-dependent filtering (the
// guest hears only whom it has spoken to: safety before transparency, REQ-8), mappings live five
// minutes after the last datagram either way (REQ-5, REQ-6), ICMP errors are passed back (REQ-14).
// A published port has one socket for all its clients; each client is a flow of its own.
//
// Runs of equal datagrams of one flow cross both kernels as one.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/counters.hh"
#include "base/log.hh"
#include "base/result.hh"
#include "dataplane/frame_sink.hh"
#include "dataplane/link_pair.hh"
#include "dataplane/transport_engine.hh"
#include "dataplane/udp_flow.hh"
#include "os/datagram_socket.hh"
#include "rules/network_plan.hh"

namespace nsrun::dataplane {

struct UdpRelayConfig {
  rules::NetworkPlan plan;
  std::optional<wire::IpAddress> outbound_v4;  // source address of what leaves the host
  std::optional<wire::IpAddress> outbound_v6;
  size_t max_flows = 16384;
};

class UdpRelay final : public TransportEngine, private UdpSocket::User {
 public:
  static constexpr base::Duration kMappingLife = std::chrono::minutes(5);

  // All references must outlive the relay. Throws SystemError.
  UdpRelay(loop::Loop& loop, FrameSink& sink, const LinkDirectory& links, base::Counters& counters,
           const UdpRelayConfig& config);
  ~UdpRelay();

  bool receive_known(const wire::Packet& packet, const GuestFrame& frame,
                     base::Time now) noexcept override;
  void receive_new(const wire::Packet& packet, const GuestFrame& frame,
                   base::Time now) noexcept override;
  void settle(base::Time now) noexcept override;

  // Publishes `guest` at `host`. The error is errno's text.
  std::optional<base::Error> open_port(const wire::Endpoint& host, const wire::Endpoint& guest);
  // The same for a socket that is bound to `host`; its clients by IPv4 reach `guest_v4`. Throws
  // std::bad_alloc, SystemError.
  void serve_port(base::Fd socket, const wire::Endpoint& host, const wire::Endpoint& guest,
                  const wire::Endpoint& guest_v4);
  // False when there is no such port.
  bool close_port(const wire::Endpoint& host) noexcept;
  // The port leads to `guest` from now on.
  void redirect_port(const wire::Endpoint& host, const wire::Endpoint& guest) noexcept;

  // FlowTable::visit_some()'s part of the flows.
  std::optional<size_t> report_some(size_t position, size_t slots, base::Time now,
                                    std::vector<wire::FlowReport>& reports) const {
    return flows_.visit_some(position, slots,
                             [&](const UdpFlow& flow) { reports.push_back(flow.report(now)); });
  }
  size_t flow_count() const noexcept { return owned_.size(); }

 private:
  struct Piece {
    UdpFlow* flow = nullptr;  // nullptr: has been sent
    iovec bytes{};
    uint16_t segment_bytes = 0;  // not 0: `bytes` is a run already (USO)
    bool dont_fragment = false;
    bool may_join_run = false;
  };
  static constexpr size_t kMaxPieces = 64;  // the kernel's limit for one UDP_SEGMENT call

  void socket_ready(UdpSocket& socket, uint32_t events, base::Time now) noexcept override;

  // Guest to host.
  void enqueue(UdpFlow& flow, const wire::Packet& packet, const GuestFrame& frame,
               base::Time now) noexcept;
  size_t collect_run(size_t first, std::array<iovec, kMaxPieces>& run) noexcept;
  void send_run(const Piece& like, std::span<const iovec> run) noexcept;
  bool send_singly(const Piece& like, std::span<const iovec> run) noexcept;
  int try_send(UdpFlow& flow, std::span<const iovec> pieces, uint16_t segment_bytes) noexcept;
  void note_failure(UdpFlow& flow, int error) noexcept;

  // Host to guest.
  void lose_socket(UdpSocket& socket) noexcept;
  void receive_from_host(UdpSocket& socket, base::Time now) noexcept;
  UdpFlow* flow_of(UdpSocket& socket, const os::ReceivedDatagrams& received,
                   base::Time now) noexcept;
  size_t forward_run(UdpFlow& flow, std::span<const os::ReceivedDatagrams> received) noexcept;
  void count_unsent(bool is_sent) noexcept;
  bool pass_errors_on(UdpSocket& socket, const UdpFlow* sender = nullptr) noexcept;
  void tell(const UdpFlow& flow, int error, uint32_t mtu,
            const std::optional<wire::IpAddress>& reporter) noexcept;

  // Flows.
  UdpSocket::User& user() noexcept { return *this; }
  UdpSocket* find_port(const wire::Endpoint& host) const noexcept;
  UdpSocket* socket_for(const wire::FlowKey& key, const wire::Endpoint& destination) noexcept;
  UdpFlow* add_flow(std::unique_ptr<UdpFlow> flow, base::Time now);
  UdpFlow* flow_of_new_client(UdpSocket& socket, const os::ReceivedDatagrams& received,
                              base::Time now) noexcept;
  void close_if_unused(UdpSocket& socket) noexcept;
  bool make_room(base::Time now) noexcept;
  void touch(UdpFlow& flow, base::Time now) noexcept;
  void unlink(UdpFlow& flow) noexcept;
  void remove(UdpFlow& flow) noexcept;
  void remove_flows_of(UdpSocket& socket) noexcept;
  void expire(base::Time now) noexcept;
  void refuse(base::Time now, const wire::FlowKey& key, const char* reason) noexcept;

  loop::Loop& loop_;
  FrameSink& sink_;
  const LinkDirectory& links_;
  base::Counters& counters_;
  UdpRelayConfig config_;
  wire::SipHashKey hash_key_;
  FlowTable<UdpFlow> flows_;
  FlowTable<UdpSocket> associations_;  // sockets by guest endpoint
  std::unordered_map<const UdpFlow*, std::unique_ptr<UdpFlow>> owned_;
  std::unordered_map<const UdpSocket*, std::unique_ptr<UdpSocket>> sockets_;
  UdpFlow* oldest_ = nullptr;
  UdpFlow* newest_ = nullptr;
  loop::Timer expiry_;
  std::array<Piece, kMaxPieces> pieces_;
  size_t piece_count_ = 0;
  os::DatagramBuffers buffers_;
  std::vector<std::byte> staging_;  // a run on its way to the guest
  base::log::RateLimit refusal_log_{std::chrono::seconds(10)};
};

}  // namespace nsrun::dataplane
