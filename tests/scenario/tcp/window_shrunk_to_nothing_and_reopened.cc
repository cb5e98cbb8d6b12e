// SPDX-License-Identifier: Apache-2.0
//
// Linux, short of memory, drops what it had room for and says 0. When it has room again it must
// not wait for our backed-off timer.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, WindowShrunkToNothingAndReopened) {
  guest_connected();
  chunk_bytes = 10'000;
  host.gives(20'000);
  relay.loses(data(10'000));
  relay.loses(data(10'000));
  guest.window = 0;
  guest.sends(ack(1));
  after(200ms);
  relay.loses(data(1460).seq(1));  // serves as the probe
  guest.sends(ack(1));
  after(10ms);
  guest.window = 512;
  guest.sends(ack(1));
  relay.sends(data(10'000).seq(1));
  guest.sends(ack(10'001));
  relay.sends(data(10'000).seq(10'001));
  guest.sends(ack(20'001));
  flow.has_in_flight(0);
}

}  // namespace nsrun::tcp
