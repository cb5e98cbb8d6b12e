// SPDX-License-Identifier: Apache-2.0
//
// An answer in the middle of a batch does not stand for the acknowledgment at its end.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, ChallengeWithinABatch) {
  guest_connected();
  guest.sends_together({data(1000), rst().seq(5000), data(1000).seq(1001)});
  relay.sends(ack(1));
  relay.sends(ack(2001));
  relay.is_silent();
  host.has_received(2000);
}

}  // namespace nsrun::tcp
