// SPDX-License-Identifier: Apache-2.0
//
// RFC 9293 section 3.8.6: a guest that takes a promise back gets no new data, is retransmitted to
// within its window, and is not given up while it answers.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, WindowShrunkByGuest) {
  guest_connected();
  host.gives(20'000);
  relay.loses(data(20'000));
  guest.window = 16;  // 2048 bytes
  guest.sends(data(1));
  relay.sends(ack(2));
  flow.can_send(0);
  host.gives(1000);
  relay.is_silent();
  for (int retry = 0; retry < 20; ++retry) {
    after(retry < 9 ? 200ms * (1 << retry) : 60s);
    relay.loses(data(2048).seq(1));
    guest.sends(ack(1));
  }
  flow.is(State::kEstablished);
  after(60s);
  relay.sends(data(2048).seq(1));
  guest.sends(ack(2049));
  relay.sends(data(2048).seq(2049));
}

}  // namespace nsrun::tcp
