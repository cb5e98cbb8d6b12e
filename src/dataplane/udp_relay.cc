// SPDX-License-Identifier: Apache-2.0
//
// Datagrams both ways. Which flow they belong to is udp_relay_flows.cc.
#include "dataplane/udp_relay.hh"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.hh"
#include "dataplane/flow_error.hh"
#include "dataplane/udp_output.hh"
#include "os/stream_socket.hh"
#include "wire/checksum.hh"
#include "wire/udp.hh"

namespace nsrun::dataplane {
namespace {

using base::Bytes;
using base::Counter;
using base::Time;

// Of one IPv4 packet, less the headers.
constexpr size_t kMaxRunBytes = 65535 - 20 - sizeof(wire::UdpHeader);
// Wake-ups are shared with everything else: two full batches of datagrams each.
constexpr int kBatchesPerTurn = 2;
// Beyond this a datagram comes from a large-MTU guest or was reassembled: the real path's MTU is
// smaller than what the guest's kernel knows of, so it goes without DF.
constexpr size_t kLargestMirroredPacket = 1500;

bool has_bad_checksum(const wire::Packet& packet, const GuestFrame& frame,
                      const wire::UdpView& datagram) noexcept {
  if (frame.has_trusted_checksum()) return false;
  if (packet.is_v4 && datagram.checksum() == 0) return false;  // RFC 768: none was computed
  return !wire::has_valid_transport_checksum(datagram.datagram(), packet.source, packet.destination,
                                             wire::kProtocolUdp);
}

uint16_t segment_bytes_of(const GuestFrame& frame) noexcept {
  return wire::gso_kind(frame.virtio) == wire::kVirtioGsoUdpL4 ? frame.virtio.gso_size
                                                               : uint16_t{0};
}

}  // namespace

// --- guest to host ---

void UdpRelay::enqueue(UdpFlow& flow, const wire::Packet& packet, const GuestFrame& frame,
                       Time now) noexcept {
  const auto datagram = wire::UdpView::parse(packet.transport);
  if (!datagram || has_bad_checksum(packet, frame, *datagram)) {
    counters_.add(Counter::kDroppedBadTransport);
    return;
  }
  const Bytes payload = datagram->payload();
  Piece& piece = pieces_[piece_count_++];
  piece.flow = &flow;
  piece.bytes = {const_cast<std::byte*>(payload.data()), payload.size()};
  piece.segment_bytes = segment_bytes_of(frame);
  const size_t header_bytes = packet.ip.size() - payload.size();
  const size_t packet_bytes =
      piece.segment_bytes != 0 ? header_bytes + piece.segment_bytes : packet.ip.size();
  const bool is_usual_size = packet_bytes <= kLargestMirroredPacket;
  piece.dont_fragment = packet.dont_fragment && is_usual_size;
  piece.may_join_run = is_usual_size && piece.segment_bytes == 0 && !payload.empty();
  flow.link.guest = packet.ethernet.source;
  flow.bytes_to_host += payload.size();
  touch(flow, now);
  if (piece_count_ == kMaxPieces) settle(now);
}

void UdpRelay::settle(Time) noexcept {
  std::array<iovec, kMaxPieces> run;
  for (size_t i = 0; i < piece_count_; ++i) {
    if (pieces_[i].flow == nullptr) continue;
    const Piece like = pieces_[i];
    send_run(like, {run.data(), collect_run(i, run)});
  }
  piece_count_ = 0;
}

// Takes the pieces that may go out together with the first: of the same flow and size, a shorter
// one ends the run. The order within a flow stays.
size_t UdpRelay::collect_run(size_t first, std::array<iovec, kMaxPieces>& run) noexcept {
  const Piece like = pieces_[first];
  run[0] = like.bytes;
  pieces_[first].flow = nullptr;
  if (!like.may_join_run || !like.flow->takes_runs) return 1;
  size_t count = 1;
  size_t bytes = like.bytes.iov_len;
  for (size_t i = first + 1; i < piece_count_; ++i) {
    Piece& piece = pieces_[i];
    if (piece.flow != like.flow) continue;
    bytes += piece.bytes.iov_len;
    const bool joins = piece.may_join_run && piece.dont_fragment == like.dont_fragment &&
                       piece.bytes.iov_len <= like.bytes.iov_len && bytes <= kMaxRunBytes;
    if (!joins) break;
    run[count++] = piece.bytes;
    piece.flow = nullptr;
    if (piece.bytes.iov_len < like.bytes.iov_len) break;
  }
  return count;
}

void UdpRelay::send_run(const Piece& like, std::span<const iovec> run) noexcept {
  UdpFlow& flow = *like.flow;
  UdpSocket& socket = flow.socket;
  const bool is_v4 = flow.host_key().remote.address.is_v4();
  if (auto& known = socket.dont_fragment[is_v4 ? 1 : 0]; known != like.dont_fragment) {
    os::set_dont_fragment(socket.fd(), is_v4, like.dont_fragment);
    known = like.dont_fragment;
  }
  const uint16_t segment_bytes =
      run.size() > 1 ? static_cast<uint16_t>(like.bytes.iov_len) : like.segment_bytes;
  if (segment_bytes != 0 && !flow.takes_runs) {
    send_singly(like, run);
    return;
  }
  const int error = try_send(flow, run, segment_bytes);
  if (segment_bytes != 0 && (error == EINVAL || error == EIO || error == EMSGSIZE)) {
    // The path or the kernel cannot segment, if they go one by one; else they are too long.
    if (send_singly(like, run)) flow.takes_runs = false;
  } else if (error != 0) {
    note_failure(flow, error);
  }
}

// True when there was something, and all of it went.
bool UdpRelay::send_singly(const Piece& like, std::span<const iovec> run) noexcept {
  bool is_sent = run.front().iov_len > 0;
  for (const iovec& piece : run) {
    const size_t step = like.segment_bytes != 0 ? like.segment_bytes : piece.iov_len;
    for (size_t offset = 0; offset < piece.iov_len; offset += step) {
      const iovec one{static_cast<std::byte*>(piece.iov_base) + offset,
                      std::min(step, piece.iov_len - offset)};
      if (const int error = try_send(*like.flow, {&one, 1}, 0)) {
        note_failure(*like.flow, error);
        is_sent = false;
      }
    }
  }
  return is_sent;
}

// 0 or errno.
int UdpRelay::try_send(UdpFlow& flow, std::span<const iovec> pieces,
                       uint16_t segment_bytes) noexcept {
  const wire::IpAddress& asked = flow.host_key().guest.address;
  const auto from = flow.socket.guest ? std::optional(asked) : std::nullopt;
  const auto send = [&] {
    return os::send_datagrams(flow.socket.fd(), flow.peer(), pieces, segment_bytes, from);
  };
  const int error = send();
  if (error == 0 || error == EAGAIN) return error;
  // Perhaps an earlier datagram's, which the kernel reports at the next opportunity.
  return pass_errors_on(flow.socket, &flow) ? send() : error;
}

void UdpRelay::note_failure(UdpFlow& flow, int error) noexcept {
  counters_.add(Counter::kUdpDropped);
  // The kernel has queued an error for what is longer than the path takes: try_send() passed it on.
  if (error != EMSGSIZE) tell(flow, error, 0, std::nullopt);
}

// --- host to guest ---

void UdpRelay::socket_ready(UdpSocket& socket, uint32_t events, Time now) noexcept {
  if ((events & (EPOLLHUP | EPOLLRDHUP)) != 0) return lose_socket(socket);
  // An error that found no room in the queue would be reported for ever.
  if ((events & EPOLLERR) != 0 && !pass_errors_on(socket)) os::take_socket_error(socket.fd());
  if ((events & EPOLLIN) != 0) receive_from_host(socket, now);
}

// Shut down by somebody with whom it is shared (--listen-fd): that would be reported for ever.
void UdpRelay::lose_socket(UdpSocket& socket) noexcept {
  base::log::warning("published udp port {} is closed: others have shut down its socket",
                     socket.key().guest);
  socket.unwatch();
}

void UdpRelay::receive_from_host(UdpSocket& socket, Time now) noexcept {
  for (int batch = 0; batch < kBatchesPerTurn; ++batch) {
    const auto received = buffers_.receive(socket.fd());
    for (size_t i = 0; i < received.size();) {
      UdpFlow* flow = flow_of(socket, received[i], now);
      i += flow == nullptr ? 1 : forward_run(*flow, received.subspan(i));
    }
    if (received.size() < os::DatagramBuffers::kCount) return;
  }
}

// Sends the first of `received` and those behind it that can share its frame. Returns how many.
size_t UdpRelay::forward_run(UdpFlow& flow,
                             std::span<const os::ReceivedDatagrams> received) noexcept {
  const os::ReceivedDatagrams& first = received.front();
  const size_t size = first.bytes.size();
  // IPv6 carries datagrams that are longer than any run.
  if (first.segment_bytes != 0 || !sink_.has_udp_segmentation() || size == 0 ||
      size > kMaxRunBytes) {
    flow.bytes_to_guest += size;
    count_unsent(send_datagrams(sink_, flow.link, flow.key(), first.bytes, first.segment_bytes));
    return 1;
  }
  size_t count = 0;
  size_t bytes = 0;
  for (const os::ReceivedDatagrams& next : received) {
    const bool joins = next.from == first.from && next.to == first.to && next.segment_bytes == 0 &&
                       !next.bytes.empty() && next.bytes.size() <= size &&
                       bytes + next.bytes.size() <= kMaxRunBytes;
    if (!joins) break;
    std::memcpy(staging_.data() + bytes, next.bytes.data(), next.bytes.size());
    bytes += next.bytes.size();
    ++count;
    if (next.bytes.size() < size) break;
  }
  NSRUN_CHECK(count > 0);
  flow.bytes_to_guest += bytes;
  count_unsent(send_datagrams(sink_, flow.link, flow.key(), Bytes(staging_).first(bytes),
                              static_cast<uint16_t>(size)));
  return count;
}

void UdpRelay::count_unsent(bool is_sent) noexcept {
  if (!is_sent) counters_.add(Counter::kUdpDropped);
}

// `sender`: whose datagram the kernel has just refused. True when there were errors from the
// network: not about that datagram, but earlier ones.
bool UdpRelay::pass_errors_on(UdpSocket& socket, const UdpFlow* sender) noexcept {
  constexpr int kMostPerTurn = 64;
  bool is_from_network = false;
  for (int i = 0; i < kMostPerTurn; ++i) {
    const auto error = os::take_datagram_error(socket.fd());
    if (!error) break;
    const UdpFlow* flow = sender;
    if (error->source) {
      is_from_network = true;
      const wire::IpAddress asked = socket.guest ? *error->source : wire::IpAddress();
      flow = socket.peers.find({wire::Transport::kUdp, {asked, 0}, error->destination});
    }
    if (flow != nullptr) tell(*flow, error->error, error->mtu, error->reporter);
  }
  return is_from_network;
}

void UdpRelay::tell(const UdpFlow& flow, int error, uint32_t mtu,
                    const std::optional<wire::IpAddress>& reporter) noexcept {
  const bool is_v4 = flow.key().guest.address.is_v4();
  const wire::IpAddress& gateway = is_v4 ? config_.plan.gateway_v4 : config_.plan.gateway_v6;
  FlowError told{wire::IcmpError::kPortUnreachable, gateway, {}, mtu};
  if (error == ECONNREFUSED) {
    told.reporter = flow.key().remote.address;  // a port is refused by its own host
  } else if (error == EMSGSIZE) {
    told.error = wire::IcmpError::kPacketTooBig;
  } else if (const auto icmp = icmp_error_for(error)) {
    told.error = *icmp;
  } else {
    return;
  }
  const bool is_known_router = reporter && reporter->is_v4() == is_v4 && !reporter->is_loopback();
  if (is_known_router && error != ECONNREFUSED) told.reporter = *reporter;
  send_flow_error(sink_, flow.link, flow.key(), told);
}

}  // namespace nsrun::dataplane
