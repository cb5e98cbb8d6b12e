// SPDX-License-Identifier: Apache-2.0
//
// Linux gives a connect() up without a word; the SYN-ACK then meets a reset.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenByGuestGivenUpBeforeSynAck) {
  guest.sends(syn());
  host.connects();
  relay.sends(syn_ack().ack(1));
  guest.sends(rst().seq(1));
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
