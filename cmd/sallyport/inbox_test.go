package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The demo sets up a person's app as it starts, so a mail is there without anybody's doing.
func TestR20DemoShowsTheMailsThatWereSent(t *testing.T) {
	d := startDemo(t)
	c := openChromium(t)
	inbox := fmt.Sprintf("http://localhost:%d/", d.base+3)
	for end := time.Now().Add(time.Minute); !strings.Contains(c.text(), "grace@acme.test"); c.open(inbox) {
		if time.Now().After(end) {
			t.Fatalf("no mail came:\n%s", c.text())
		}
	}
	c.see("Mails")
	c.open(inbox + "mails/1")
	c.see("Two-step sign-in is set up at Acme")
	for _, part := range []string{"Authenticator app", "Was it not you?", "grace@acme.test"} {
		if !strings.Contains(c.text(), part) {
			t.Errorf("the mail does not show %q", part)
		}
	}
}
