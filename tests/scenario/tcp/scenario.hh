// SPDX-License-Identifier: Apache-2.0
//
// A story about one connection, in virtual time, with three voices: the guest's kernel, the host's
// socket, and between them the relay, which is the engine together with the few lines that a relay
// must add (hand payload to the host, read what sendable() lets pass).
//
// The guest acknowledges and numbers its segments as a kernel would unless a sketch says otherwise.
// Whatever the relay sends must be told, in order: relay.sends() takes one segment and compares it,
// and any other step fails while one is untold. A failure prints the story so far; the steps after
// it are mute. Every story runs for several initial sequence numbers, some about to wrap.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "sketch.hh"
#include "support/story.hh"
#include "tcp/connection.hh"

namespace nsrun::tcp {

using namespace std::chrono_literals;

struct Starts {
  uint32_t guest;
  uint32_t relay;
};

class Scenario : public testing::TestWithParam<Starts>, protected Output {
 public:
  struct Guest {
    Scenario& story;
    uint32_t next = 0;   // the sequence number that comes next
    uint32_t heard = 0;  // what it acknowledges
    uint16_t window = 512;
    int shift = 7;  // offered in its SYN

    void sends(const Sketch& sketch, int line = __builtin_LINE());
    // In one batch: the relay hands over, commits and flushes once, behind the last.
    void sends_together(std::initializer_list<Sketch> sketches, int line = __builtin_LINE());
    // Sent, but lost on the way.
    void loses(const Sketch& sketch, int line = __builtin_LINE());
  };

  struct Relay {
    Scenario& story;
    uint32_t next = 0;

    void sends(const Sketch& expected, int line = __builtin_LINE());
    // Sent, but the guest never sees it.
    void loses(const Sketch& expected, int line = __builtin_LINE());
    void is_silent(int line = __builtin_LINE());
  };

  struct Host {
    Scenario& story;
    uint32_t unread = 0;    // readable bytes
    uint32_t given = 0;     // bytes that the relay has read
    uint32_t received = 0;  // bytes that the relay has written
    uint32_t room = kBigRoom;
    bool is_at_end = false;

    void connects(int line = __builtin_LINE());
    void refuses(int line = __builtin_LINE());
    void client_arrives(int line = __builtin_LINE());
    void gives(uint32_t bytes, int line = __builtin_LINE());
    // The end of its stream, behind what it gave.
    void ends(int line = __builtin_LINE());
    void resets(int line = __builtin_LINE());
    // From now on takes at most so many bytes.
    void has_room_for(uint32_t bytes, int line = __builtin_LINE());
    void has_received(uint32_t bytes, int line = __builtin_LINE());
    void sees_the_end(int line = __builtin_LINE());
    void sees_no_end(int line = __builtin_LINE());
  };

  struct Flow {
    Scenario& story;

    void is(State expected, int line = __builtin_LINE());
    void has_in_flight(uint32_t bytes, int line = __builtin_LINE());
    void can_send(uint32_t bytes, int line = __builtin_LINE());
    void measured_round_trip(base::Duration expected, int line = __builtin_LINE());
    void has_deadline_in(base::Duration expected, int line = __builtin_LINE());
    void has_no_deadline(int line = __builtin_LINE());
    void yields_to(const Sketch& sketch, int line = __builtin_LINE());
    void keeps_against(const Sketch& sketch, int line = __builtin_LINE());
  };

 protected:
  static constexpr uint32_t kBigRoom = 1 << 30;

  Scenario();
  void TearDown() override;

  // Lets the time pass, calling on_time() at each deadline.
  void after(base::Duration duration, int line = __builtin_LINE());
  // As if the process had been stopped for so long: on_time() is called once, at the end.
  void frozen_for(base::Duration duration, int line = __builtin_LINE());

  // The usual beginnings; both leave nothing untold.
  void guest_connected();
  void client_connected();

  Settings settings;
  bool keeps_early = false;        // the relay keeps what comes behind a hole
  uint32_t chunk_bytes = 1 << 16;  // the host's data leaves in pieces of at most this
  Guest guest{*this};
  Relay relay{*this};
  Host host{*this};
  Flow flow{*this};

 private:
  struct Sent {
    Sketch sketch;
    std::vector<std::byte> payload;
  };
  struct Buffer {
    Chunk chunk;
    std::vector<std::byte> bytes;
    bool is_queued = false;
  };

  void transmit(const Segment& segment, uint16_t mss) noexcept override;

  bool begin_action(const std::string& step, int line);
  bool begin_check(const std::string& step, int line);
  void fail(const std::string& reason) { story_.fail(reason); }
  void judge(bool is_right, const std::string& reason);
  Sketch complete(const Sketch& sketch);
  Segment segment_of(const Sketch& sketch, std::vector<std::byte>& payload) const;
  void deliver(const std::vector<Sketch>& sketches);
  bool expect(const Sketch& expected, bool guest_sees_it);
  void offer_early(std::vector<std::byte>& offered);
  void give_to_host(const std::vector<std::byte>& offered);
  void pump();
  std::vector<SackBlock> early_blocks() const;
  void send_one_chunk(uint32_t bytes);
  void recycle();
  void run_timer();
  void check_receiving_side(const Sketch& sent);

  std::vector<Sketch> early_;
  std::unique_ptr<Connection> connection_;
  base::Time now_;
  test::Story story_{now_};
  std::deque<Sent> untold_;
  std::vector<std::unique_ptr<Buffer>> buffers_;
  uint64_t told_edge_ = 0;  // the right edge of the window that the relay has announced
  uint16_t guest_mss_ = 0;
  bool relay_scales_ = false;
};

}  // namespace nsrun::tcp
