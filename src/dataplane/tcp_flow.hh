// SPDX-License-Identifier: Apache-2.0
//
// One relayed TCP connection: the engine's side towards the guest (tcp::Connection) spliced to one
// host socket. Owns the socket and every buffer under way; the relay owns the flow.
//
// The socket is watched edge-triggered: `readable_` remembers an edge until recv() has drained the
// socket. Work on behalf of the guest is settled once per wake-up, in settle().
#pragma once

#include <sys/uio.h>

#include <span>

#include "base/counters.hh"
#include "base/fd.hh"
#include "dataplane/buffer_pool.hh"
#include "dataplane/early_bytes.hh"
#include "dataplane/frame_sink.hh"
#include "dataplane/held_bytes.hh"
#include "dataplane/link_pair.hh"
#include "dataplane/transport_engine.hh"
#include "loop/loop.hh"
#include "tcp/connection.hh"
#include "wire/flow_key.hh"
#include "wire/flow_report.hh"

namespace nsrun::dataplane {

class TcpFlow;

// What the flows of one relay share.
class TcpFlowOwner {
 public:
  // settle() is wanted before this wake-up ends.
  virtual void wants_settling(TcpFlow& flow) noexcept = 0;
  // There is more to read than one turn may: settle() is wanted in the next wake-up.
  virtual void wants_another_turn(TcpFlow& flow) noexcept = 0;
  // The host could not be reached: `error` is connect()'s. The flow is over.
  virtual void connect_failed(TcpFlow& flow, int error) noexcept = 0;
  // The guest has answered a client of a published port with a reset. The flow is over; its client
  // may still be taken elsewhere (take_client()).
  virtual void refused_by_guest(TcpFlow& flow) noexcept = 0;

  loop::Loop& loop;
  FrameSink& sink;
  const LinkDirectory& links;
  BufferPool& pool;
  base::Counters& counters;

 protected:
  TcpFlowOwner(loop::Loop& its_loop, FrameSink& its_sink, const LinkDirectory& its_links,
               BufferPool& its_pool, base::Counters& its_counters) noexcept
      : loop(its_loop), sink(its_sink), links(its_links), pool(its_pool), counters(its_counters) {}
  ~TcpFlowOwner() = default;
};

class TcpFlow final : public loop::Source, private tcp::Output {
 public:
  // An outgoing connection of the guest. `socket` is connecting.
  TcpFlow(TcpFlowOwner& owner, const wire::FlowKey& key, const LinkPair& link,
          const tcp::Settings& settings, const tcp::Segment& syn, wire::Sequence initial_sequence,
          base::Fd socket, base::Time now);
  // A client of a published port; sends the SYN.
  TcpFlow(TcpFlowOwner& owner, const wire::FlowKey& key, const LinkPair& link,
          const tcp::Settings& settings, wire::Sequence initial_sequence, base::Fd client,
          base::Time now);
  ~TcpFlow();

  const wire::FlowKey& key() const noexcept { return key_; }
  const LinkPair& link() const noexcept { return link_; }
  const tcp::Connection& connection() const noexcept { return connection_; }
  // The guest's side has ended. The host's may still take what the guest sent before.
  bool is_over() const noexcept { return connection_.state() == tcp::State::kClosed; }
  // Bytes or the end of stream of the guest's are still to be handed to the host.
  bool owes_host() const noexcept;
  // Nothing is left to do.
  bool is_finished() const noexcept { return is_over() && !socket_.is_open(); }
  // Asks the host's kernel for its round trip.
  wire::FlowReport report(base::Time now) const noexcept;

  // A segment from the guest. The returned payload must be handed to the next settle().
  base::Bytes receive(const tcp::Segment& segment, base::Time now) noexcept;
  // The next part of what came early and is in order now, or nothing: for the next settle(), too.
  base::Bytes next_early() noexcept;
  // Ends what this wake-up began: payload to the host, bytes to the guest, one acknowledgment.
  // `payload`: everything that receive() and next_early() returned since the last time, in order.
  void settle(std::span<const iovec> payload, base::Time now) noexcept;

  // connect() was decided at once.
  void host_connected(base::Time now) noexcept;
  // Connects elsewhere, after the first attempt has failed. Throws SystemError.
  void connect_through(base::Fd socket);
  // The client of a published port, from which nothing has been read yet.
  base::Fd take_client() noexcept;
  // Ends both sides, each with a reset.
  void abort() noexcept;
  // Ends both sides without a word to the guest: it is told otherwise, or not at all.
  void abandon() noexcept;

  bool is_in_settle_list = false;  // the relay's book-keeping
  bool has_another_turn = false;
  size_t targets_tried = 0;

 private:
  void on_ready(uint32_t events, base::Time now) noexcept override;
  void transmit(const tcp::Segment& segment, uint16_t mss) noexcept override;

  void start_watching();
  bool finish_connecting(uint32_t events, base::Time now) noexcept;
  void on_timer(base::Time now) noexcept;
  void arm_timer() noexcept;

  void deliver(std::span<const iovec> payload) noexcept;
  size_t hold(std::span<const iovec> payload, size_t skipped) noexcept;
  size_t write_to_host(std::span<const iovec> payload) noexcept;
  void drain_held() noexcept;
  void finish_host_writing() noexcept;

  void pump_to_guest(base::Time now) noexcept;
  bool read_once(uint32_t room, base::Time now) noexcept;
  void read_nothing(ssize_t result, int error, base::Time now) noexcept;
  void give_back_acknowledged() noexcept;

  void lose_host() noexcept;
  void close_when_done(base::Time now) noexcept;
  void close_host() noexcept;
  void reset_host() noexcept;

  TcpFlowOwner& owner_;
  wire::FlowKey key_;
  LinkPair link_;
  uint32_t receive_limit_bytes_;
  tcp::Connection connection_;
  base::Fd socket_;
  loop::Timer timer_;
  HeldBytes held_;                           // acknowledged to the guest, not yet in the socket
  EarlyBytes early_;                         // behind a hole
  size_t memory_in_flight_bytes_ = 0;        // of what the guest has not acknowledged
  base::Time retry_at_ = base::kNever;       // there was no memory
  base::Time drained_until_ = base::kNever;  // the guest's side is over, held_ is not empty
  base::Time opened_at_;
  uint64_t bytes_to_host_ = 0;   // payload that found a home there
  uint64_t bytes_to_guest_ = 0;  // payload that was read for it
  bool is_published_ = false;    // begun by a client
  bool is_connecting_ = false;
  bool readable_ = false;          // an edge was reported and recv() has not drained the socket yet
  bool reads_to_the_end_ = false;  // a short read need not have drained it
  bool host_writing_finished_ = false;  // shutdown(SHUT_WR) was called
  bool host_is_lost_ = false;           // it ended with an error
};

}  // namespace nsrun::dataplane
