// SPDX-License-Identifier: Apache-2.0
//
// However large the guest's window, one flow keeps at most its limit in flight.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, WindowSendLimit) {
  settings.send_limit_bytes = 10'000;
  guest_connected();
  chunk_bytes = 4000;
  host.gives(50'000);
  relay.sends(data(4000));
  relay.sends(data(4000));
  relay.sends(data(2000));
  relay.is_silent();
  flow.has_in_flight(10'000);
  guest.sends(ack(4001));
  relay.sends(data(4000));
  flow.has_in_flight(10'000);
}

}  // namespace nsrun::tcp
