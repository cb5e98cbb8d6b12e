// SPDX-License-Identifier: Apache-2.0
#include "dataplane/echo_relay.hh"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/log.hh"
#include "dataplane/flow_error.hh"
#include "os/datagram_socket.hh"
#include "os/echo_socket.hh"
#include "os/stream_socket.hh"

namespace nsrun::dataplane {
namespace {

using base::Bytes;
using base::Time;

constexpr size_t kMaxExchanges = 64;
constexpr base::Duration kLife = std::chrono::seconds(60);
constexpr size_t kLongestFrame = sizeof(wire::EthernetHeader) + 65535;

uint8_t request_type(bool is_v4) noexcept {
  return is_v4 ? wire::icmp_v4::kEchoRequest : wire::icmp_v6::kEchoRequest;
}
uint8_t reply_type(bool is_v4) noexcept {
  return is_v4 ? wire::icmp_v4::kEchoReply : wire::icmp_v6::kEchoReply;
}

}  // namespace

// One guest process pinging one address.
class EchoRelay::Exchange final : public loop::Source {
 public:
  Exchange(EchoRelay& relay, const wire::Packet& request, uint16_t identifier, base::Fd socket,
           Time now)
      : Source(relay.loop_, "ping"),
        relay_(relay),
        guest_(request.source),
        remote_(request.destination),
        link_{request.ethernet.source, request.ethernet.destination},
        identifier_(identifier),
        socket_(std::move(socket)),
        opened_at_(now) {
    watch(socket_, EPOLLIN);
  }

  bool is_for(const wire::Packet& request, uint16_t identifier) const noexcept {
    return identifier_ == identifier && guest_ == request.source && remote_ == request.destination;
  }
  Time last_used() const noexcept { return last_used_; }
  wire::FlowReport report(Time now) const noexcept {
    return {.kind = wire::FlowKind::kPing,
            .guest = {guest_, identifier_},
            .remote = {remote_, 0},
            .bytes_to_host = bytes_to_host_,
            .bytes_to_guest = bytes_to_guest_,
            .age = now - opened_at_};
  }

  // 0 or errno.
  int send(const wire::Packet& request, uint16_t sequence, Time now) noexcept {
    last_used_ = now;
    last_sequence_ = sequence;
    const Bytes message = request.transport;
    bytes_to_host_ += message.size();
    return ::send(socket_.number(), message.data(), message.size(), MSG_DONTWAIT) < 0 ? errno : 0;
  }

 private:
  void on_ready(uint32_t events, Time) noexcept override {
    // An error that found no room in the queue would be reported for ever.
    if ((events & EPOLLERR) != 0 && !pass_error_on()) os::take_socket_error(socket_);
    if ((events & EPOLLIN) != 0) pass_reply_on();
  }

  void pass_reply_on() noexcept {
    base::MutableBytes received(relay_.received_);
    const ssize_t count = recv(socket_.number(), received.data(), received.size(), MSG_DONTWAIT);
    if (count < 0) return;
    const auto reply = wire::IcmpView::parse(received.first(static_cast<size_t>(count)));
    if (!reply || reply->type() != reply_type(remote_.is_v4())) return;
    wire::IcmpHeader header = reply->header();
    header.identifier = identifier_;
    bytes_to_guest_ += static_cast<size_t>(count);
    send_to_guest([&](base::MutableBytes packet) {
      return wire::emit_icmp_packet(packet, remote_, guest_, header, reply->payload());
    });
  }

  // False when the queue has none.
  bool pass_error_on() noexcept {
    const auto error = os::take_datagram_error(socket_);
    if (!error) return false;
    const auto told = icmp_error_for(error->error);
    if (!told) return true;
    std::array<std::byte, 128> request;
    wire::IcmpHeader header{};
    header.type = request_type(remote_.is_v4());
    header.identifier = identifier_;
    header.sequence = last_sequence_;
    const size_t length = wire::emit_icmp_packet(request, guest_, remote_, header, {});
    const bool is_known_router = error->reporter && error->reporter->is_v4() == guest_.is_v4();
    send_to_guest([&](base::MutableBytes packet) {
      return wire::emit_icmp_error(packet, *told, is_known_router ? *error->reporter : remote_,
                                   Bytes(request).first(length), error->mtu);
    });
    return true;
  }

  template <typename EmitPacket>
  void send_to_guest(EmitPacket emit) noexcept {
    base::MutableBytes frame(relay_.frame_);
    wire::store_header(
        frame, wire::EthernetHeader{link_.guest, link_.ours,
                                    guest_.is_v4() ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6});
    const size_t length = emit(frame.subspan(sizeof(wire::EthernetHeader)));
    if (length == 0) return;
    relay_.sink_.send({}, frame.first(sizeof(wire::EthernetHeader) + length), {});
  }

  EchoRelay& relay_;
  wire::IpAddress guest_;
  wire::IpAddress remote_;
  LinkPair link_;
  uint16_t identifier_;
  uint16_t last_sequence_ = 0;
  base::Fd socket_;
  Time opened_at_;
  Time last_used_;
  uint64_t bytes_to_host_ = 0;  // of ICMP messages
  uint64_t bytes_to_guest_ = 0;
};

EchoRelay::EchoRelay(loop::Loop& loop, FrameSink& sink,
                     const std::optional<wire::IpAddress>& outbound_v4,
                     const std::optional<wire::IpAddress>& outbound_v6)
    : loop_(loop),
      sink_(sink),
      outbound_v4_(outbound_v4),
      outbound_v6_(outbound_v6),
      received_(kLongestFrame),
      frame_(kLongestFrame),
      expiry_(loop, [this](Time now) { expire(now); }) {}

EchoRelay::~EchoRelay() = default;

std::optional<wire::IcmpError> EchoRelay::receive(const wire::Packet& request, Time now) noexcept {
  const auto echo = wire::IcmpView::parse(request.transport);
  if (!echo) return std::nullopt;
  Exchange* exchange = exchange_for(request, echo->identifier(), now);
  if (exchange == nullptr) return explain(last_error_);
  return explain(exchange->send(request, echo->sequence(), now));
}

EchoRelay::Exchange* EchoRelay::exchange_for(const wire::Packet& request, uint16_t identifier,
                                             Time now) noexcept {
  for (const auto& exchange : exchanges_) {
    if (exchange->is_for(request, identifier)) return exchange.get();
  }
  os::OpenedEchoSocket opened =
      os::open_echo_socket(request.destination, request.is_v4 ? outbound_v4_ : outbound_v6_);
  last_error_ = opened.error;
  if (!opened.socket.is_open()) return nullptr;
  try {
    make_room();
    exchanges_.push_back(
        std::make_unique<Exchange>(*this, request, identifier, std::move(opened.socket), now));
    if (exchanges_.size() == 1) expiry_.set(now + kLife);
    return exchanges_.back().get();
  } catch (const std::exception&) {
    return nullptr;
  }
}

std::optional<wire::IcmpError> EchoRelay::explain(int error) noexcept {
  if (error == EACCES && !is_explained_) {
    base::log::warning(
        "the guest cannot ping beyond its gateway: the host's sysctl net.ipv4.ping_group_range "
        "does not include group {}",
        ::getegid());
    is_explained_ = true;
  }
  return error == 0 ? std::nullopt : icmp_error_for(error);
}

void EchoRelay::report_all(Time now, std::vector<wire::FlowReport>& reports) const {
  for (const auto& exchange : exchanges_) reports.push_back(exchange->report(now));
}

void EchoRelay::make_room() noexcept {
  if (exchanges_.size() < kMaxExchanges) return;
  exchanges_.erase(std::ranges::min_element(
      exchanges_, {}, [](const auto& exchange) { return exchange->last_used(); }));
}

void EchoRelay::expire(Time now) noexcept {
  std::erase_if(exchanges_,
                [&](const auto& exchange) { return exchange->last_used() + kLife <= now; });
  if (!exchanges_.empty()) expiry_.set(now + kLife);
}

}  // namespace nsrun::dataplane
