// SPDX-License-Identifier: Apache-2.0
//
// Which flow a datagram belongs to, and how long flows live.
#include <algorithm>
#include <utility>

#include "dataplane/client_port.hh"
#include "dataplane/guest_addresses.hh"
#include "dataplane/udp_relay.hh"
#include "os/stream_socket.hh"

namespace nsrun::dataplane {
namespace {

using base::Counter;
using base::Time;

constexpr size_t kStagingBytes = 65536;
// RFC 4787 REQ-5: no mapping may expire earlier than this, not even for lack of room.
constexpr base::Duration kShortestLife = std::chrono::minutes(2);

wire::FlowKey key_of(const wire::Packet& packet) noexcept {
  return {wire::Transport::kUdp, packet.source_endpoint(), packet.destination_endpoint()};
}

}  // namespace

UdpRelay::UdpRelay(loop::Loop& loop, FrameSink& sink, const LinkDirectory& links,
                   base::Counters& counters, const UdpRelayConfig& config)
    : loop_(loop),
      sink_(sink),
      links_(links),
      counters_(counters),
      config_(config),
      hash_key_(os::random_value<wire::SipHashKey>()),
      flows_(hash_key_),
      associations_(hash_key_),
      expiry_(loop, [this](Time now) { expire(now); }),
      staging_(kStagingBytes) {}

UdpRelay::~UdpRelay() = default;

bool UdpRelay::receive_known(const wire::Packet& packet, const GuestFrame& frame,
                             Time now) noexcept {
  UdpFlow* flow = flows_.find(key_of(packet));
  if (flow == nullptr) return false;
  enqueue(*flow, packet, frame, now);
  return true;
}

void UdpRelay::receive_new(const wire::Packet& packet, const GuestFrame& frame, Time now) noexcept {
  const wire::FlowKey key = key_of(packet);
  const auto destination = host_destination(config_.plan, key.remote, std::nullopt);
  if (!destination) return refuse(now, key, "nobody is there");
  if (!make_room(now)) return refuse(now, key, "too many associations");
  UdpSocket* socket = socket_for(key, *destination);
  if (socket == nullptr) return refuse(now, key, "no socket could be opened");
  const LinkPair link{packet.ethernet.source, packet.ethernet.destination};
  const wire::FlowKey host_key{wire::Transport::kUdp, {}, *destination};
  try {
    UdpFlow* flow = add_flow(std::make_unique<UdpFlow>(*socket, key, host_key, link, now), now);
    enqueue(*flow, packet, frame, now);
  } catch (const std::exception&) {
    close_if_unused(*socket);
    refuse(now, key, "out of memory");
  }
}

// The socket of the guest's endpoint. What goes to the host's own loopback has one of its own,
// since an outbound address must not bind it.
UdpSocket* UdpRelay::socket_for(const wire::FlowKey& key,
                                const wire::Endpoint& destination) noexcept {
  const bool is_v4 = destination.address.is_v4();
  const bool is_loopback = destination.address.is_loopback();
  const wire::IpAddress loopback = is_v4 ? wire::kLoopbackV4 : wire::kLoopbackV6;
  const wire::FlowKey association{
      wire::Transport::kUdp, key.guest, {is_loopback ? loopback : wire::IpAddress(), 0}};
  if (UdpSocket* known = associations_.find(association)) return known;
  const auto& outbound = is_v4 ? config_.outbound_v4 : config_.outbound_v6;
  wire::IpAddress local = is_v4 ? wire::kAnyV4 : wire::kAnyV6;
  if (outbound && !is_loopback) local = *outbound;
  os::OpenedDatagramSocket opened = os::open_datagram_socket({local, 0});
  if (!opened.socket.is_open()) return nullptr;
  try {
    auto socket = std::make_unique<UdpSocket>(loop_, user(), association, std::move(opened.socket),
                                              std::nullopt, hash_key_);
    UdpSocket* raw = socket.get();
    associations_.reserve_one();
    sockets_.emplace(raw, std::move(socket));
    associations_.insert(raw);
    return raw;
  } catch (const std::exception&) {
    return nullptr;
  }
}

std::optional<base::Error> UdpRelay::open_port(const wire::Endpoint& host,
                                               const wire::Endpoint& guest) {
  os::OpenedDatagramSocket opened = os::open_datagram_socket(host);
  if (!opened.socket.is_open()) return base::Error{base::error_text(opened.error)};
  serve_port(std::move(opened.socket), host, guest, guest);
  return std::nullopt;
}

void UdpRelay::serve_port(base::Fd socket, const wire::Endpoint& host, const wire::Endpoint& guest,
                          const wire::Endpoint& guest_v4) {
  auto port =
      std::make_unique<UdpSocket>(loop_, user(), wire::FlowKey{wire::Transport::kUdp, host, {}},
                                  std::move(socket), guest, hash_key_);
  port->guest_v4 = guest_v4;
  const UdpSocket* raw = port.get();
  sockets_.emplace(raw, std::move(port));
}

UdpSocket* UdpRelay::find_port(const wire::Endpoint& host) const noexcept {
  const auto found = std::ranges::find_if(sockets_, [&](const auto& entry) {
    return entry.second->guest && entry.second->key().guest == host;
  });
  return found == sockets_.end() ? nullptr : found->second.get();
}

bool UdpRelay::close_port(const wire::Endpoint& host) noexcept {
  UdpSocket* port = find_port(host);
  if (port == nullptr) return false;
  settle(loop_.now());
  remove_flows_of(*port);
  sockets_.erase(port);
  return true;
}

void UdpRelay::redirect_port(const wire::Endpoint& host, const wire::Endpoint& guest) noexcept {
  UdpSocket* port = find_port(host);
  if (port == nullptr) return;
  settle(loop_.now());
  remove_flows_of(*port);
  port->guest = guest;
}

// The flow of a datagram from the host; for a new client of a published port a new one.
UdpFlow* UdpRelay::flow_of(UdpSocket& socket, const os::ReceivedDatagrams& received,
                           Time now) noexcept {
  wire::FlowKey host_key{wire::Transport::kUdp, {}, received.from};
  if (socket.guest) host_key.guest.address = received.to;
  if (UdpFlow* known = socket.peers.find(host_key)) {
    touch(*known, now);
    return known;
  }
  if (!socket.guest) {  // nobody whom the guest has spoken to
    counters_.add(Counter::kUdpDropped);
    return nullptr;
  }
  return flow_of_new_client(socket, received, now);
}

UdpFlow* UdpRelay::flow_of_new_client(UdpSocket& socket, const os::ReceivedDatagrams& received,
                                      Time now) noexcept {
  const wire::Endpoint& guest = received.from.address.is_v4() ? socket.guest_v4 : *socket.guest;
  const bool is_own_host =
      received.from.address == received.to || os::is_own_address(received.from.address);
  const wire::Endpoint shown =
      shown_client(config_.plan, received.from, guest.address, is_own_host);
  const auto key = with_free_client_port(
      {wire::Transport::kUdp, guest, shown},
      [this](const wire::FlowKey& taken) { return flows_.find(taken) != nullptr; });
  try {
    if (key && make_room(now)) {
      return add_flow(
          std::make_unique<UdpFlow>(
              socket, *key, wire::FlowKey{wire::Transport::kUdp, {received.to, 0}, received.from},
              links_.link_for(guest.address, shown.address), now, received.from_interface),
          now);
    }
  } catch (const std::exception&) {  // refused, like the others
  }
  refuse(now, {wire::Transport::kUdp, guest, received.from}, "too many associations");
  return nullptr;
}

// Throws std::bad_alloc; nothing has happened then.
UdpFlow* UdpRelay::add_flow(std::unique_ptr<UdpFlow> flow, Time now) {
  UdpFlow* raw = flow.get();
  flows_.reserve_one();
  raw->socket.peers.reserve_one();
  owned_.emplace(raw, std::move(flow));
  flows_.insert(raw);
  raw->socket.peers.insert(raw);
  counters_.add(Counter::kUdpFlowsOpened);
  raw->older = std::exchange(newest_, raw);
  (raw->older == nullptr ? oldest_ : raw->older->newer) = raw;
  if (oldest_ == raw) expiry_.set(now + kMappingLife);
  return raw;
}

void UdpRelay::touch(UdpFlow& flow, Time now) noexcept {
  flow.last_used = now;
  if (newest_ == &flow) return;
  unlink(flow);
  flow.older = std::exchange(newest_, &flow);
  flow.newer = nullptr;
  (flow.older == nullptr ? oldest_ : flow.older->newer) = &flow;
}

void UdpRelay::unlink(UdpFlow& flow) noexcept {
  (flow.older == nullptr ? oldest_ : flow.older->newer) = flow.newer;
  (flow.newer == nullptr ? newest_ : flow.newer->older) = flow.older;
}

// A full table makes room by giving up the oldest mapping, if that may go.
bool UdpRelay::make_room(Time now) noexcept {
  if (owned_.size() < config_.max_flows) return true;
  if (oldest_ == nullptr || oldest_->last_used + kShortestLife > now) return false;
  settle(now);
  remove(*oldest_);
  return true;
}

void UdpRelay::remove(UdpFlow& flow) noexcept {
  unlink(flow);
  UdpSocket& socket = flow.socket;
  flows_.erase(&flow);
  socket.peers.erase(&flow);
  owned_.erase(&flow);
  counters_.add(Counter::kUdpFlowsExpired);
  close_if_unused(socket);
}

void UdpRelay::close_if_unused(UdpSocket& socket) noexcept {
  if (socket.guest || socket.peers.size() > 0) return;
  associations_.erase(&socket);
  sockets_.erase(&socket);
}

void UdpRelay::remove_flows_of(UdpSocket& socket) noexcept {
  for (UdpFlow* flow = oldest_; flow != nullptr;) {
    UdpFlow* next = flow->newer;
    if (&flow->socket == &socket) remove(*flow);
    flow = next;
  }
}

void UdpRelay::expire(Time now) noexcept {
  settle(now);
  while (oldest_ != nullptr && oldest_->last_used + kMappingLife <= now) remove(*oldest_);
  expiry_.set(oldest_ == nullptr ? base::kNever : oldest_->last_used + kMappingLife);
}

void UdpRelay::refuse(Time now, const wire::FlowKey& key, const char* reason) noexcept {
  counters_.add(Counter::kUdpFlowsRefused);
  uint64_t suppressed = 0;
  if (!refusal_log_.allows(now, suppressed)) return;
  base::log::warning("dropped a UDP datagram from {} to {}: {} ({} more since the last message)",
                     key.guest, key.remote, reason, suppressed);
}

}  // namespace nsrun::dataplane
