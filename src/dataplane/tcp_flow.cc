// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tcp_flow.hh"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "dataplane/tcp_output.hh"
#include "os/stream_socket.hh"

namespace nsrun::dataplane {
namespace {

using base::Bytes;
using base::Time;

constexpr uint32_t kEvents = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET;

// After these a short read does not mean that nothing is left: the end of the stream is, or recv()
// has stopped in front of an urgent byte.
constexpr uint32_t kReadToTheEnd = EPOLLRDHUP | EPOLLHUP | EPOLLPRI;

// What one flow may read per wake-up before others, and the TAP with its acknowledgments, have
// their turn.
constexpr uint32_t kTurnBytes = 512 * 1024;

// The most memory for what one guest does not acknowledge: more than its window's worth only when
// the host hands out crumbs.
constexpr size_t kMostMemoryInFlightBytes = size_t{4} << 20;

// When the system has no memory and nothing else will wake the flow.
constexpr base::Duration kRetryInterval = std::chrono::milliseconds(20);

// How long the host may refuse the last bytes of a connection that the guest has finished.
constexpr base::Duration kDrainLimit = std::chrono::minutes(5);

// For an end that the guest learns of otherwise.
class Silence final : public tcp::Output {
 public:
  void transmit(const tcp::Segment&, uint16_t) noexcept override {}
};

size_t total_size(std::span<const iovec> pieces) noexcept {
  size_t total = 0;
  for (const iovec& piece : pieces) total += piece.iov_len;
  return total;
}

}  // namespace

TcpFlow::TcpFlow(TcpFlowOwner& owner, const wire::FlowKey& key, const LinkPair& link,
                 const tcp::Settings& settings, const tcp::Segment& syn,
                 wire::Sequence initial_sequence, base::Fd socket, Time now)
    : Source(owner.loop, "tcp flow"),
      owner_(owner),
      key_(key),
      link_(link),
      receive_limit_bytes_(settings.receive_limit_bytes),
      connection_(tcp::Connection::accept(settings, syn, initial_sequence, now)),
      socket_(std::move(socket)),
      timer_(owner.loop, [this](Time at) { on_timer(at); }),
      held_(owner.pool),
      early_(owner.pool),
      opened_at_(now),
      is_connecting_(true) {
  start_watching();
}

TcpFlow::TcpFlow(TcpFlowOwner& owner, const wire::FlowKey& key, const LinkPair& link,
                 const tcp::Settings& settings, wire::Sequence initial_sequence, base::Fd client,
                 Time now)
    : Source(owner.loop, "tcp flow"),
      owner_(owner),
      key_(key),
      link_(link),
      receive_limit_bytes_(settings.receive_limit_bytes),
      connection_(tcp::Connection::to_guest(settings, initial_sequence, now)),
      socket_(std::move(client)),
      timer_(owner.loop, [this](Time at) { on_timer(at); }),
      held_(owner.pool),
      early_(owner.pool),
      opened_at_(now),
      is_published_(true) {
  start_watching();
  connection_.open(now, *this);
  arm_timer();
}

TcpFlow::~TcpFlow() {
  connection_.release_all();
  owner_.pool.give_back(connection_.take_released());
}

wire::FlowReport TcpFlow::report(Time now) const noexcept {
  return {.kind = wire::FlowKind::kTcp,
          .is_published = is_published_,
          .guest = key_.guest,
          .remote = key_.remote,
          .state = tcp::state_name(connection_.state()),
          .bytes_to_host = bytes_to_host_,
          .bytes_to_guest = bytes_to_guest_,
          .age = now - opened_at_,
          .host_round_trip = socket_.is_open() ? os::round_trip_of(socket_) : base::Duration{},
          .guest_round_trip = connection_.round_trip()};
}

void TcpFlow::start_watching() {
  watch(socket_, kEvents);
  // Allocates now, where that may throw, what arm_timer() will use.
  timer_.set(Time{});
  timer_.cancel();
}

void TcpFlow::connect_through(base::Fd socket) {
  unwatch();
  socket_ = std::move(socket);
  start_watching();
}

void TcpFlow::transmit(const tcp::Segment& segment, uint16_t mss) noexcept {
  send_segment(owner_.sink, link_, key_, segment, mss);
}

Bytes TcpFlow::receive(const tcp::Segment& segment, Time now) noexcept {
  const uint32_t retransmits = connection_.retransmits();
  const bool was_syn_sent = connection_.state() == tcp::State::kSynSent;
  const Bytes payload = connection_.receive(segment, now, *this);
  if (was_syn_sent && is_over()) owner_.refused_by_guest(*this);
  owner_.counters.add(base::Counter::kTcpRetransmits, connection_.retransmits() - retransmits);
  if (connection_.is_early(segment) && !owner_.pool.is_under_pressure()) early_.keep(segment);
  owner_.wants_settling(*this);
  return payload;
}

Bytes TcpFlow::next_early() noexcept {
  while (const auto segment = early_.take(connection_.expected())) {
    const Bytes payload = connection_.receive_early(*segment);
    if (!payload.empty()) return payload;
  }
  return {};
}

void TcpFlow::settle(std::span<const iovec> payload, Time now) noexcept {
  deliver(payload);
  early_.release_taken();
  give_back_acknowledged();
  pump_to_guest(now);
  std::array<tcp::SackBlock, wire::kMostSackBlocks> early;
  connection_.flush(*this, early_.latest(early));
  close_when_done(now);
  arm_timer();
}

void TcpFlow::on_ready(uint32_t events, Time now) noexcept {
  owner_.wants_settling(*this);
  // The same edge may report bytes that came with the connection: it will not be reported again.
  if (is_connecting_ && !finish_connecting(events, now)) return;
  if ((events & EPOLLERR) != 0 && os::take_socket_error(socket_) != 0) lose_host();
  if ((events & (EPOLLIN | kReadToTheEnd)) != 0) readable_ = true;
  if ((events & kReadToTheEnd) != 0) reads_to_the_end_ = true;
  if ((events & EPOLLOUT) != 0) drain_held();
}

bool TcpFlow::finish_connecting(uint32_t events, Time now) noexcept {
  const bool may_have_failed = (events & (EPOLLERR | EPOLLHUP)) != 0;
  const int error = may_have_failed ? os::take_socket_error(socket_) : 0;
  if (error != 0) {
    owner_.connect_failed(*this, error);
    return false;
  }
  host_connected(now);
  return true;
}

void TcpFlow::host_connected(Time now) noexcept {
  is_connecting_ = false;
  connection_.host_connected(now, *this);
  arm_timer();
}

base::Fd TcpFlow::take_client() noexcept {
  unwatch();
  return std::move(socket_);
}

void TcpFlow::abort() noexcept {
  connection_.abort(*this);
  reset_host();
}

void TcpFlow::abandon() noexcept {
  Silence silence;
  connection_.abort(silence);
  reset_host();
}

void TcpFlow::on_timer(Time now) noexcept {
  retry_at_ = base::kNever;
  // Whoever does not answer may have been elsewhere, and have been found since.
  if (connection_.state() == tcp::State::kSynSent) {
    link_ = owner_.links.link_for(key_.guest.address, key_.remote.address);
  }
  if (now >= drained_until_) {
    reset_host();
  } else {
    drain_held();
  }
  const bool was_ending = connection_.state() >= tcp::State::kTimeWait;
  const uint32_t retransmits = connection_.retransmits();
  connection_.on_time(now, *this);
  owner_.counters.add(base::Counter::kTcpRetransmits, connection_.retransmits() - retransmits);
  if (is_over() && !was_ending) owner_.counters.add(base::Counter::kTcpFlowsReaped);
  owner_.wants_settling(*this);
}

// Lazily: deadlines mostly move back, and a timer that comes too early costs less than one that is
// set anew for every segment.
void TcpFlow::arm_timer() noexcept {
  const Time deadline = std::min({connection_.deadline(), retry_at_, drained_until_});
  if (deadline < timer_.deadline()) timer_.set(deadline);
}

// --- guest to host ---

void TcpFlow::deliver(std::span<const iovec> payload) noexcept {
  if (!socket_.is_open()) {
    connection_.commit(0);
    return;
  }
  const size_t offered = total_size(payload);
  size_t taken = held_.is_empty() && offered > 0 ? write_to_host(payload) : 0;
  if (host_is_lost_) taken = offered;  // to nobody, until the guest learns of it
  if (taken < offered) taken += hold(payload, taken);
  bytes_to_host_ += taken;
  connection_.commit(taken);
  const uint32_t limit =
      owner_.pool.is_under_pressure() ? BufferPool::kLargeBytes : receive_limit_bytes_;
  connection_.set_receive_room(limit -
                               static_cast<uint32_t>(std::min<size_t>(limit, held_.size())));
  if (connection_.guest_finished() && held_.is_empty()) finish_host_writing();
}

// Keeps what is behind the first `skipped` bytes, as far as there is room; returns how much.
size_t TcpFlow::hold(std::span<const iovec> payload, size_t skipped) noexcept {
  size_t held = 0;
  for (const iovec& piece : payload) {
    const Bytes bytes(static_cast<const std::byte*>(piece.iov_base), piece.iov_len);
    const Bytes rest = bytes.subspan(std::min(skipped, bytes.size()));
    skipped -= bytes.size() - rest.size();
    const size_t stored = held_.append(rest);
    held += stored;
    if (stored < rest.size()) break;
  }
  return held;
}

// How many bytes the socket took.
size_t TcpFlow::write_to_host(std::span<const iovec> payload) noexcept {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(payload.data());
  message.msg_iovlen = payload.size();
  const ssize_t sent = sendmsg(socket_.number(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return static_cast<size_t>(sent);
  if (errno == ENOBUFS || errno == ENOMEM) {
    retry_at_ = owner_.loop.now() + kRetryInterval;
  } else if (errno != EAGAIN) {
    lose_host();
  }
  return 0;
}

void TcpFlow::drain_held() noexcept {
  while (socket_.is_open() && !held_.is_empty()) {
    const Bytes bytes = held_.front();
    const iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};
    const size_t sent = write_to_host({&piece, 1});
    if (host_is_lost_) return;
    held_.consume(sent);
    if (sent > 0) drained_until_ = base::kNever;
    if (sent < bytes.size()) return;
  }
}

void TcpFlow::finish_host_writing() noexcept {
  if (std::exchange(host_writing_finished_, true)) return;
  shutdown(socket_.number(), SHUT_WR);
  // The host's kernel has all of it: it shall arrive whatever becomes of us.
  os::linger_normally(socket_);
}

bool TcpFlow::owes_host() const noexcept {
  if (!socket_.is_open() || host_writing_finished_ || host_is_lost_) return false;
  return tcp::is_synchronized(connection_.state()) || !held_.is_empty();
}

// --- host to guest ---

void TcpFlow::pump_to_guest(Time now) noexcept {
  uint32_t turn = kTurnBytes;
  while (readable_ && socket_.is_open() && !is_over()) {
    const uint32_t room = connection_.sendable();
    if (room == 0) {
      connection_.set_host_waiting(true, now);
      return;
    }
    if (turn < connection_.peer_mss()) {
      owner_.wants_another_turn(*this);
      return;
    }
    uint32_t bytes = std::min({room, turn, kMaxSegmentPayload});
    // A short segment at the end of each superframe would keep bridges behind the TAP from merging.
    if (bytes > connection_.peer_mss()) bytes -= bytes % connection_.peer_mss();
    turn -= bytes;
    if (!read_once(bytes, now)) return;
  }
}

// False when the flow cannot go on reading now.
bool TcpFlow::read_once(uint32_t room, Time now) noexcept {
  const bool is_first = connection_.bytes_in_flight() == 0;
  // The next acknowledgment brings memory back.
  if (!is_first && memory_in_flight_bytes_ >= kMostMemoryInFlightBytes) return false;
  tcp::Chunk* chunk = owner_.pool.take(room, is_first);
  if (chunk == nullptr) {
    if (is_first) retry_at_ = now + kRetryInterval;
    return false;
  }
  const size_t wanted = std::min(room, chunk->capacity);
  const ssize_t count = recv(socket_.number(), chunk->data, wanted, MSG_DONTWAIT);
  if (count <= 0) {
    const int error = errno;
    owner_.pool.give_back(chunk);
    read_nothing(count, error, now);
    return false;
  }
  chunk->length = static_cast<uint32_t>(count);
  bytes_to_guest_ += chunk->length;
  // A short read has drained the socket (epoll(7)): the next bytes make an edge of their own.
  if (chunk->length < wanted && !reads_to_the_end_) readable_ = false;
  chunk = owner_.pool.fit(chunk);
  memory_in_flight_bytes_ += chunk->capacity;
  connection_.send(chunk, now, *this);
  return true;
}

void TcpFlow::read_nothing(ssize_t result, int error, Time now) noexcept {
  if (host_is_lost_ || (result < 0 && error != EAGAIN)) {
    abort();
    return;
  }
  readable_ = false;
  if (result == 0) connection_.finish(now, *this);
}

void TcpFlow::give_back_acknowledged() noexcept {
  memory_in_flight_bytes_ -= owner_.pool.give_back(connection_.take_released());
}

// --- end ---

// The host's side has ended with an error. What it sent before that still goes to the guest, as a
// kernel still hands it out; then comes the reset.
void TcpFlow::lose_host() noexcept {
  host_is_lost_ = readable_ = reads_to_the_end_ = true;
  held_.clear();
  if (connection_.host_finished() || connection_.state() == tcp::State::kSynSent) abort();
}

void TcpFlow::close_when_done(Time now) noexcept {
  if (is_over()) {
    give_back_acknowledged();
    early_.clear();
  }
  if (!socket_.is_open()) return;
  if (host_writing_finished_ && connection_.host_finished()) {
    close_host();
  } else if (is_over() && (held_.is_empty() || !connection_.guest_finished())) {
    reset_host();
  } else if (is_over() && drained_until_ == base::kNever) {
    drained_until_ = now + kDrainLimit;
  }
}

void TcpFlow::close_host() noexcept {
  drained_until_ = base::kNever;
  close_watched(socket_);
}

void TcpFlow::reset_host() noexcept {
  if (host_writing_finished_) os::linger_with_reset(socket_);
  close_host();
}

}  // namespace nsrun::dataplane
