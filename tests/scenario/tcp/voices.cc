// SPDX-License-Identifier: Apache-2.0
//
// What the guest, the relay, the host and the flow may say in a story.
#include <fmt/format.h>

#include "scenario.hh"

namespace nsrun::tcp {

// ---- guest --------------------------------------------------------------------------------------

void Scenario::Guest::sends(const Sketch& sketch, int line) {
  const Sketch whole = story.complete(sketch);
  if (story.begin_action("guest sends " + describe(whole), line)) story.deliver({whole});
}

void Scenario::Guest::sends_together(std::initializer_list<Sketch> sketches, int line) {
  std::vector<Sketch> whole;
  std::string text = "guest sends together";
  for (const Sketch& sketch : sketches) {
    whole.push_back(story.complete(sketch));
    text += (whole.size() > 1 ? ", " : " ") + describe(whole.back());
  }
  if (story.begin_action(text, line)) story.deliver(whole);
}

void Scenario::Guest::loses(const Sketch& sketch, int line) {
  story.begin_action("guest sends, and it is lost: " + describe(story.complete(sketch)), line);
}

// ---- relay --------------------------------------------------------------------------------------

void Scenario::Relay::sends(const Sketch& expected, int line) {
  if (story.begin_check("relay sends " + describe(expected), line)) story.expect(expected, true);
}

void Scenario::Relay::loses(const Sketch& expected, int line) {
  if (!story.begin_check("relay sends, and it is lost: " + describe(expected), line)) return;
  story.expect(expected, false);
}

void Scenario::Relay::is_silent(int line) {
  if (!story.begin_check("relay is silent", line) || story.untold_.empty()) return;
  story.fail("the relay sent " + describe(story.untold_.front().sketch));
}

// ---- host ---------------------------------------------------------------------------------------

void Scenario::Host::connects(int line) {
  if (!story.begin_action("host connects", line)) return;
  story.connection_->host_connected(story.now_, story);
  story.pump();
}

void Scenario::Host::refuses(int line) {
  if (story.begin_action("host refuses", line)) story.connection_->abort(story);
}

void Scenario::Host::client_arrives(int line) {
  if (!story.begin_action("a client arrives at the published port", line)) return;
  story.connection_ = std::unique_ptr<Connection>(new Connection(
      Connection::to_guest(story.settings, Sequence(story.GetParam().relay), story.now_)));
  story.connection_->open(story.now_, story);
  story.pump();
}

void Scenario::Host::gives(uint32_t bytes, int line) {
  if (!story.begin_action(fmt::format("host gives {} bytes", bytes), line)) return;
  unread += bytes;
  story.pump();
}

void Scenario::Host::ends(int line) {
  if (!story.begin_action("host ends its stream", line)) return;
  is_at_end = true;
  story.pump();
}

void Scenario::Host::resets(int line) {
  if (!story.begin_action("host resets", line)) return;
  story.connection_->abort(story);
  story.recycle();
}

void Scenario::Host::has_room_for(uint32_t bytes, int line) {
  if (!story.begin_action(fmt::format("host has room for {} bytes", bytes), line)) return;
  room = bytes;
  story.pump();
}

void Scenario::Host::has_received(uint32_t bytes, int line) {
  if (!story.begin_check(fmt::format("host has received {} bytes", bytes), line)) return;
  story.judge(received == bytes, fmt::format("it has received {}", received));
}

void Scenario::Host::sees_the_end(int line) {
  if (!story.begin_check("host sees the end of the guest's stream", line)) return;
  story.judge(story.connection_->guest_finished(), "it does not");
}

void Scenario::Host::sees_no_end(int line) {
  if (!story.begin_check("host sees no end of the guest's stream", line)) return;
  story.judge(!story.connection_->guest_finished(), "it does");
}

// ---- flow ---------------------------------------------------------------------------------------

void Scenario::Flow::is(State expected, int line) {
  if (!story.begin_check(fmt::format("flow is {}", state_name(expected)), line)) return;
  const State state = story.connection_->state();
  story.judge(state == expected, fmt::format("it is {}", state_name(state)));
}

void Scenario::Flow::has_in_flight(uint32_t bytes, int line) {
  if (!story.begin_check(fmt::format("flow has {} bytes in flight", bytes), line)) return;
  const uint32_t found = story.connection_->bytes_in_flight();
  story.judge(found == bytes, fmt::format("it has {}", found));
}

void Scenario::Flow::can_send(uint32_t bytes, int line) {
  if (!story.begin_check(fmt::format("flow can send {} bytes", bytes), line)) return;
  const uint32_t found = story.connection_->sendable();
  story.judge(found == bytes, fmt::format("it can send {}", found));
}

void Scenario::Flow::measured_round_trip(base::Duration expected, int line) {
  if (!story.begin_check(fmt::format("flow measured {} ms", expected / 1ms), line)) return;
  const base::Duration found = story.connection_->round_trip();
  story.judge(found == expected, fmt::format("it measured {} ms", found / 1ms));
}

void Scenario::Flow::has_deadline_in(base::Duration expected, int line) {
  if (!story.begin_check(fmt::format("flow has a deadline in {} ms", expected / 1ms), line)) return;
  const base::Time found = story.connection_->deadline();
  if (found == base::kNever) {
    story.fail("it has none");
  } else {
    story.judge(found - story.now_ == expected,
                fmt::format("it has one in {} ms", (found - story.now_) / 1ms));
  }
}

void Scenario::Flow::has_no_deadline(int line) {
  if (!story.begin_check("flow has no deadline", line)) return;
  story.judge(story.connection_->deadline() == base::kNever, "it has one");
}

void Scenario::Flow::yields_to(const Sketch& sketch, int line) {
  if (!story.begin_check("flow yields to " + describe(sketch), line)) return;
  std::vector<std::byte> payload;
  story.judge(story.connection_->yields_to(story.segment_of(story.complete(sketch), payload)),
              "it does not");
}

void Scenario::Flow::keeps_against(const Sketch& sketch, int line) {
  if (!story.begin_check("flow does not yield to " + describe(sketch), line)) return;
  std::vector<std::byte> payload;
  story.judge(!story.connection_->yields_to(story.segment_of(story.complete(sketch), payload)),
              "it does");
}

}  // namespace nsrun::tcp
