// SPDX-License-Identifier: Apache-2.0
//
// A segment is cut at the right edge of the window.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, GuestDataBeyondTheWindow) {
  settings.receive_limit_bytes = 2048;
  guest_connected();
  guest.sends(data(3000));
  relay.sends(ack(2049));
  host.has_received(2048);
  guest.sends(data(100).seq(10'000));
  relay.sends(ack(2049));
  host.has_received(2048);
}

}  // namespace nsrun::tcp
