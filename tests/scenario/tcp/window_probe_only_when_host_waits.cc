// SPDX-License-Identifier: Apache-2.0
//
// A closed window that nobody wants to use is left alone.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, WindowProbeOnlyWhenHostWaits) {
  guest_connected();
  guest.window = 0;
  guest.sends(data(1));
  relay.sends(ack(2));
  after(1h);
  relay.is_silent();
}

}  // namespace nsrun::tcp
