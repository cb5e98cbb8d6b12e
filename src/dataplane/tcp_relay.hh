// SPDX-License-Identifier: Apache-2.0
//
// The TCP half of the accelerator: finds or makes the flow of each segment, and settles, at the end
// of every wake-up, the flows that were touched. Owns the flows. The switch in front has parsed the
// packets and asked the policy; what the engine does with a segment is tcp::Connection's business.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/log.hh"
#include "dataplane/flow_table.hh"
#include "dataplane/guest_addresses.hh"
#include "dataplane/tcp_flow.hh"
#include "dataplane/transport_engine.hh"
#include "os/stream_socket.hh"
#include "rules/network_plan.hh"
#include "wire/packet.hh"

namespace nsrun::dataplane {

struct TcpRelayConfig {
  rules::NetworkPlan plan;
  unsigned mtu = 1500;
  std::optional<wire::IpAddress> outbound_v4;  // source address of outgoing connections
  std::optional<wire::IpAddress> outbound_v6;
  size_t max_flows = 131072;
  size_t memory_cap_bytes = size_t{256} << 20;  // of bytes under way, all flows together
};

// Of a client by a guest that does not listen.
enum class Refusal { kIsPassedOn, kIsOutlasted };

class TcpRelay final : public TransportEngine, private TcpFlowOwner {
 public:
  // `sink`, `links` and `counters` must outlive the relay.
  TcpRelay(loop::Loop& loop, FrameSink& sink, const LinkDirectory& links, base::Counters& counters,
           const TcpRelayConfig& config);
  ~TcpRelay();

  bool receive_known(const wire::Packet& packet, const GuestFrame& frame,
                     base::Time now) noexcept override;
  void receive_new(const wire::Packet& packet, const GuestFrame& frame,
                   base::Time now) noexcept override;
  void settle(base::Time now) noexcept override;

  // Where a client of a published port goes in the guest, and as whom the guest sees it.
  wire::FlowKey name_of(base::FdView client, const wire::Endpoint& from,
                        const wire::Endpoint& guest) const noexcept;
  // The same with another port of the client if that connection exists; nullopt: no port is free.
  std::optional<wire::FlowKey> free_name(const wire::FlowKey& name) noexcept;
  // Takes the client: opens a connection in its name.
  void open_to_guest(base::Fd client, const wire::FlowKey& name,
                     Refusal refusal = Refusal::kIsPassedOn) noexcept;
  // Whether somebody else relays a connection of the name.
  void set_other_names(std::function<bool(const wire::FlowKey&)> has_name) {
    is_elsewhere_ = std::move(has_name);
  }

  // Who may serve a client of a published port whom the guest has refused: takes it, or leaves it.
  // Must not throw.
  void set_on_refusal(std::function<void(TcpFlow&)> on_refusal) {
    on_refusal_ = std::move(on_refusal);
  }

  // Whom to ask over TCP, in this order: the next one when the one before cannot be reached.
  void set_dns_upstreams(std::vector<HostTarget> upstreams) {
    dns_upstreams_ = std::move(upstreams);
  }

  // What TcpFlow::owes_host says of any flow. Looks at all of them.
  bool owes_host() const noexcept;
  // FlowTable::visit_some()'s part of the flows.
  std::optional<size_t> report_some(size_t position, size_t slots, base::Time now,
                                    std::vector<wire::FlowReport>& reports) const {
    return flows_.visit_some(position, slots,
                             [&](const TcpFlow& flow) { reports.push_back(flow.report(now)); });
  }
  base::Time now() const noexcept { return loop.now(); }
  size_t flow_count() const noexcept { return flows_.size(); }
  size_t bytes_in_use() const noexcept { return buffers_.bytes_in_use(); }

 private:
  struct Piece {
    TcpFlow* flow;
    iovec bytes;
  };
  static constexpr size_t kMaxPieces = 128;
  // One segment's own and all that came early.
  static constexpr size_t kMaxPiecesOfSegment = 1 + EarlyBytes::kMostChunks;

  void add_piece(TcpFlow& flow, base::Bytes payload) noexcept;
  void wants_settling(TcpFlow& flow) noexcept override;
  void wants_another_turn(TcpFlow& flow) noexcept override;
  void connect_failed(TcpFlow& flow, int error) noexcept override;
  void refused_by_guest(TcpFlow& flow) noexcept override;

  TcpFlowOwner& shared() noexcept { return *this; }
  std::optional<tcp::Segment> checked_segment(const wire::Packet& packet,
                                              const GuestFrame& frame) noexcept;
  void open_from_guest(const wire::FlowKey& key, const LinkPair& link, const tcp::Segment& syn,
                       base::Time now) noexcept;
  void refuse_for(int error, const wire::FlowKey& key, const LinkPair& link,
                  const tcp::Segment& syn, base::Time now) noexcept;
  void refuse(const wire::FlowKey& key, const LinkPair& link, const tcp::Segment& segment) noexcept;
  void refuse_for_lack(const char* of_what, const wire::FlowKey& key, const LinkPair& link,
                       const tcp::Segment& syn, base::Time now) noexcept;
  void count_refusal(const char* lack, const wire::FlowKey& key, base::Time now) noexcept;
  std::optional<HostTarget> target_of(const wire::FlowKey& key, size_t tried) const noexcept;
  os::ConnectAttempt connect_to_next(const wire::FlowKey& key, size_t& tried) noexcept;
  bool try_next_target(TcpFlow& flow) noexcept;
  TcpFlow& adopt(std::unique_ptr<TcpFlow> flow);
  bool is_full() const noexcept { return owned_.size() >= config_.max_flows; }
  void settle_flow(TcpFlow& flow, base::Time now) noexcept;
  void begin_next_turns() noexcept;
  const wire::IpAddress& gateway_of(const wire::FlowKey& key) const noexcept;
  tcp::Settings settings_for(const wire::FlowKey& key) const noexcept;
  wire::Sequence initial_sequence(const wire::FlowKey& key, base::Time now) const noexcept;
  bool is_taken(const wire::FlowKey& key) noexcept;

  TcpRelayConfig config_;
  BufferPool buffers_;
  wire::FlowHash sequence_hash_;
  FlowTable<TcpFlow> flows_;
  std::unordered_map<const TcpFlow*, std::unique_ptr<TcpFlow>> owned_;
  std::array<Piece, kMaxPieces> pieces_;
  size_t piece_count_ = 0;
  std::vector<TcpFlow*> to_settle_;
  std::vector<TcpFlow*> settling_;
  std::vector<TcpFlow*> next_turns_;
  loop::Timer turn_timer_;
  std::function<void(TcpFlow&)> on_refusal_;
  std::function<bool(const wire::FlowKey&)> is_elsewhere_ = [](const auto&) { return false; };
  std::vector<HostTarget> dns_upstreams_;
  base::log::RateLimit refusal_log_{std::chrono::seconds(10)};
};

}  // namespace nsrun::dataplane
