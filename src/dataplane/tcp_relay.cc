// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tcp_relay.hh"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "dataplane/client_port.hh"
#include "dataplane/flow_error.hh"
#include "dataplane/guest_addresses.hh"
#include "dataplane/tcp_output.hh"
#include "wire/checksum.hh"
#include "wire/tcp.hh"

namespace nsrun::dataplane {
namespace {

using base::Counter;
using base::Time;

wire::FlowKey key_of(const wire::Packet& packet) noexcept {
  return {wire::Transport::kTcp, packet.source_endpoint(), packet.destination_endpoint()};
}

tcp::Segment to_segment(const wire::TcpView& view) noexcept {
  tcp::Segment segment;
  segment.sequence = view.sequence();
  segment.acknowledgment = view.acknowledgment();
  segment.flags = {.fin = view.has(wire::kTcpFin),
                   .syn = view.has(wire::kTcpSyn),
                   .rst = view.has(wire::kTcpRst),
                   .psh = view.has(wire::kTcpPsh),
                   .ack = view.has(wire::kTcpAck)};
  segment.window = view.window();
  segment.payload = view.payload();
  if (segment.flags.syn) {
    const wire::TcpOptions options = view.options();
    segment.syn_options = {options.maximum_segment_size.value_or(0), options.window_scale,
                           options.sack_permitted};
  }
  return segment;
}

bool is_lack_of_resources(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
         error == EADDRNOTAVAIL || error == EAGAIN;
}

// The lists of flows never grow outside of adopt(), where memory may be lacking.
void reserve_for(std::vector<TcpFlow*>& list, size_t flows) {
  if (list.capacity() < flows) list.reserve(2 * flows);
}

}  // namespace

TcpRelay::TcpRelay(loop::Loop& its_loop, FrameSink& its_sink, const LinkDirectory& its_links,
                   base::Counters& its_counters, const TcpRelayConfig& config)
    : TcpFlowOwner(its_loop, its_sink, its_links, buffers_, its_counters),
      config_(config),
      buffers_(config.memory_cap_bytes),
      sequence_hash_(os::random_value<wire::SipHashKey>()),
      flows_(os::random_value<wire::SipHashKey>()),
      turn_timer_(its_loop, [this](Time) { begin_next_turns(); }) {}

TcpRelay::~TcpRelay() = default;

bool TcpRelay::receive_known(const wire::Packet& packet, const GuestFrame& frame,
                             Time now) noexcept {
  if (piece_count_ + kMaxPiecesOfSegment > kMaxPieces) settle(now);
  TcpFlow* flow = flows_.find(key_of(packet));
  if (flow == nullptr) return false;
  const auto segment = checked_segment(packet, frame);
  if (!segment) return true;
  if (flow->is_over() || flow->connection().yields_to(*segment)) {
    flows_.erase(flow);  // what it has left to do needs no name
    return false;
  }
  base::Bytes payload = flow->receive(*segment, now);
  if (!payload.empty()) add_piece(*flow, payload);
  while (payload = flow->next_early(), !payload.empty()) add_piece(*flow, payload);
  return true;
}

void TcpRelay::add_piece(TcpFlow& flow, base::Bytes payload) noexcept {
  pieces_[piece_count_++] = {&flow, {const_cast<std::byte*>(payload.data()), payload.size()}};
}

void TcpRelay::receive_new(const wire::Packet& packet, const GuestFrame& frame, Time now) noexcept {
  const auto segment = checked_segment(packet, frame);
  if (!segment) return;
  const LinkPair link{packet.ethernet.source, packet.ethernet.destination};
  const tcp::Flags& flags = segment->flags;
  if (flags.syn && !flags.ack && !flags.rst && !flags.fin) {
    open_from_guest(key_of(packet), link, *segment, now);
  } else {
    refuse(key_of(packet), link, *segment);
  }
}

std::optional<tcp::Segment> TcpRelay::checked_segment(const wire::Packet& packet,
                                                      const GuestFrame& frame) noexcept {
  const auto view = wire::TcpView::parse(packet.transport);
  if (!view) {
    counters.add(Counter::kDroppedBadTransport);
    return std::nullopt;
  }
  if (!frame.has_trusted_checksum() &&
      !wire::has_valid_transport_checksum(packet.transport, packet.source, packet.destination,
                                          wire::kProtocolTcp)) {
    counters.add(Counter::kTcpBadChecksum);
    return std::nullopt;
  }
  return to_segment(*view);
}

void TcpRelay::open_from_guest(const wire::FlowKey& key, const LinkPair& link,
                               const tcp::Segment& syn, Time now) noexcept {
  if (is_full()) {
    refuse_for_lack("flows", key, link, syn, now);
    return;
  }
  size_t tried = 0;
  os::ConnectAttempt attempt = connect_to_next(key, tried);
  if (attempt.error != 0 && attempt.error != EINPROGRESS) {
    refuse_for(attempt.error, key, link, syn, now);
    return;
  }
  try {
    TcpFlow& flow = adopt(std::make_unique<TcpFlow>(shared(), key, link, settings_for(key), syn,
                                                    initial_sequence(key, now),
                                                    std::move(attempt.socket), now));
    flow.targets_tried = tried;
    if (attempt.error == 0) flow.host_connected(now);
  } catch (const std::exception&) {
    refuse_for_lack("memory", key, link, syn, now);
  }
}

// Where the connection goes after `tried` places could not be reached; nullopt: nowhere else.
std::optional<HostTarget> TcpRelay::target_of(const wire::FlowKey& key,
                                              size_t tried) const noexcept {
  std::optional<wire::Endpoint> endpoint;
  uint32_t interface = 0;
  if (is_name_server(config_.plan, key.remote.address)) {
    if (tried >= dns_upstreams_.size()) return std::nullopt;
    interface = dns_upstreams_[tried].interface;
    endpoint = host_destination(config_.plan, key.remote, dns_upstreams_[tried].endpoint);
  } else if (tried == 0) {
    endpoint = host_destination(config_.plan, key.remote, std::nullopt);
  }
  if (!endpoint) return std::nullopt;
  return HostTarget{*endpoint, interface};
}

os::ConnectAttempt TcpRelay::connect_to_next(const wire::FlowKey& key, size_t& tried) noexcept {
  os::ConnectAttempt attempt;
  attempt.error = ECONNREFUSED;
  while (const auto target = target_of(key, tried)) {
    ++tried;
    const wire::IpAddress& address = target->endpoint.address;
    const auto& source = address.is_v4() ? config_.outbound_v4 : config_.outbound_v6;
    attempt = os::start_connect(target->endpoint, address.is_loopback() ? std::nullopt : source,
                                target->interface);
    const bool is_under_way = attempt.error == 0 || attempt.error == EINPROGRESS;
    if (is_under_way || is_lack_of_resources(attempt.error)) break;
  }
  return attempt;
}

// connect() has failed at once.
void TcpRelay::refuse_for(int error, const wire::FlowKey& key, const LinkPair& link,
                          const tcp::Segment& syn, Time now) noexcept {
  if (is_lack_of_resources(error)) {
    refuse_for_lack("sockets", key, link, syn, now);
  } else if (const auto icmp = icmp_error_for(error)) {
    send_flow_error(sink, link, key, {*icmp, gateway_of(key), syn.sequence});
  } else {
    refuse(key, link, syn);
  }
}

wire::FlowKey TcpRelay::name_of(base::FdView client, const wire::Endpoint& from,
                                const wire::Endpoint& guest) const noexcept {
  const bool is_own_host =
      from.address == os::local_endpoint(client).address || os::is_own_address(from.address);
  return {wire::Transport::kTcp, guest,
          shown_client(config_.plan, from, guest.address, is_own_host)};
}

std::optional<wire::FlowKey> TcpRelay::free_name(const wire::FlowKey& name) noexcept {
  return with_free_client_port(name, [this](const wire::FlowKey& key) { return is_taken(key); });
}

void TcpRelay::open_to_guest(base::Fd client, const wire::FlowKey& name, Refusal refusal) noexcept {
  const Time now = loop.now();
  const auto key = free_name(name);
  // The accepted socket dies with a reset (its listener's SO_LINGER) when there is no flow for it.
  if (!key || is_full()) return count_refusal("flows", name, now);
  tcp::Settings settings = settings_for(*key);
  settings.outlasts_refusals = refusal == Refusal::kIsOutlasted;
  try {
    adopt(std::make_unique<TcpFlow>(shared(), *key,
                                    links.link_for(key->guest.address, key->remote.address),
                                    settings, initial_sequence(*key, now), std::move(client), now));
  } catch (const std::exception&) {
    count_refusal("memory", name, now);
  }
}

// A connection in TIME-WAIT gives its name up.
bool TcpRelay::is_taken(const wire::FlowKey& key) noexcept {
  if (is_elsewhere_(key)) return true;
  TcpFlow* flow = flows_.find(key);
  if (flow == nullptr) return false;
  if (flow->connection().state() < tcp::State::kTimeWait) return true;
  flows_.erase(flow);
  return false;
}

// Throws std::bad_alloc; nothing has happened then.
TcpFlow& TcpRelay::adopt(std::unique_ptr<TcpFlow> flow) {
  TcpFlow* raw = flow.get();
  flows_.reserve_one();
  for (auto* list : {&to_settle_, &settling_, &next_turns_}) reserve_for(*list, owned_.size() + 1);
  owned_.emplace(raw, std::move(flow));
  flows_.insert(raw);
  counters.add(Counter::kTcpFlowsOpened);
  return *raw;
}

void TcpRelay::refuse(const wire::FlowKey& key, const LinkPair& link,
                      const tcp::Segment& segment) noexcept {
  if (const auto reset = tcp::reset_for(segment)) {
    send_segment(sink, link, key, *reset, tcp::kMinimumMss);
  }
}

void TcpRelay::refuse_for_lack(const char* of_what, const wire::FlowKey& key, const LinkPair& link,
                               const tcp::Segment& syn, Time now) noexcept {
  count_refusal(of_what, key, now);
  refuse(key, link, syn);
}

void TcpRelay::count_refusal(const char* lack, const wire::FlowKey& key, Time now) noexcept {
  counters.add(Counter::kTcpFlowsRefused);
  uint64_t suppressed = 0;
  if (!refusal_log_.allows(now, suppressed)) return;
  base::log::warning(
      "refused a TCP connection from {} to {}: out of {} ({} more refusals since the last message; "
      "{} flows are open)",
      key.guest, key.remote, lack, suppressed, owned_.size());
}

bool TcpRelay::try_next_target(TcpFlow& flow) noexcept {
  os::ConnectAttempt attempt = connect_to_next(flow.key(), flow.targets_tried);
  if (attempt.error != 0 && attempt.error != EINPROGRESS) return false;
  try {
    flow.connect_through(std::move(attempt.socket));
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void TcpRelay::connect_failed(TcpFlow& flow, int error) noexcept {
  if (try_next_target(flow)) return;
  if (error == ETIMEDOUT) {
    flow.abandon();  // silence is passed on as silence
  } else if (const auto icmp = icmp_error_for(error)) {
    send_flow_error(sink, flow.link(), flow.key(),
                    {*icmp, gateway_of(flow.key()), flow.connection().peer_initial()});
    flow.abandon();
  } else {
    flow.abort();
  }
}

void TcpRelay::refused_by_guest(TcpFlow& flow) noexcept {
  if (on_refusal_) on_refusal_(flow);
}

void TcpRelay::wants_settling(TcpFlow& flow) noexcept {
  if (std::exchange(flow.is_in_settle_list, true)) return;
  to_settle_.push_back(&flow);
}

void TcpRelay::wants_another_turn(TcpFlow& flow) noexcept {
  if (std::exchange(flow.has_another_turn, true)) return;
  next_turns_.push_back(&flow);
  turn_timer_.set(loop.now());
}

void TcpRelay::begin_next_turns() noexcept {
  for (TcpFlow* flow : next_turns_) {
    flow->has_another_turn = false;
    wants_settling(*flow);
  }
  next_turns_.clear();
}

void TcpRelay::settle(Time now) noexcept {
  settling_.swap(to_settle_);
  for (TcpFlow* flow : settling_) {
    flow->is_in_settle_list = false;
    settle_flow(*flow, now);
  }
  settling_.clear();
  piece_count_ = 0;
}

bool TcpRelay::owes_host() const noexcept {
  return std::ranges::any_of(owned_, [](const auto& entry) { return entry.second->owes_host(); });
}

void TcpRelay::settle_flow(TcpFlow& flow, Time now) noexcept {
  std::array<iovec, kMaxPieces> payload;
  size_t count = 0;
  for (size_t i = 0; i < piece_count_; ++i) {
    if (pieces_[i].flow == &flow) payload[count++] = pieces_[i].bytes;
  }
  flow.settle({payload.data(), count}, now);
  if (!flow.is_finished() || flow.is_in_settle_list || flow.has_another_turn) return;
  if (flows_.find(flow.key()) == &flow) flows_.erase(&flow);
  counters.add(Counter::kTcpFlowsClosed);
  owned_.erase(&flow);
}

const wire::IpAddress& TcpRelay::gateway_of(const wire::FlowKey& key) const noexcept {
  return key.guest.address.is_v4() ? config_.plan.gateway_v4 : config_.plan.gateway_v6;
}

tcp::Settings TcpRelay::settings_for(const wire::FlowKey& key) const noexcept {
  const unsigned headers = key.guest.address.is_v4() ? 40 : 60;
  tcp::Settings settings;
  settings.mss = static_cast<uint16_t>(config_.mtu - headers);
  return settings;
}

// RFC 6528: a clock of 4 microseconds plus a keyed hash of the 4-tuple.
wire::Sequence TcpRelay::initial_sequence(const wire::FlowKey& key, Time now) const noexcept {
  const auto microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  return wire::Sequence(static_cast<uint32_t>(sequence_hash_(key)) +
                        static_cast<uint32_t>(microseconds / 4));
}

}  // namespace nsrun::dataplane
