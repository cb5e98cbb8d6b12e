// SPDX-License-Identifier: Apache-2.0
//
// A half-closed connection without data ends after 2 h 4 min, though the guest answers every
// question.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, HalfClosedIsReaped) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  guest.sends(ack(2));
  for (int question = 1; question <= 99; ++question) {
    after(75s);
    relay.sends(ack(1).seq(1));
    guest.sends(ack(2));
  }
  after(75s);
  relay.sends(rst_ack());
  flow.is(State::kClosed);
}

TEST_P(Scenario, HalfClosedWithDataIsKept) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  guest.sends(ack(2));
  for (uint32_t minute = 1; minute <= 300; ++minute) {
    after(1min);
    guest.sends(data(10));
    relay.sends(ack(1 + 10 * minute));
  }
  flow.is(State::kFinWait2);
}

}  // namespace nsrun::tcp
