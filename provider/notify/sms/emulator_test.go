package sms_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"sallyport/provider/notify/sms"
)

// box is where Kannel's emulator of a message centre expects the rest of Kannel; without anybody there it gives up.
// When somebody has the port already, that somebody will do.
const box = "127.0.0.1:13001"

func newBox(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", box)
	if err != nil {
		reach(t, box)
		return
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			if _, err := l.Accept(); err != nil {
				return
			}
		}
	}()
}

// heard waits for a line with this in it.
func heard(t *testing.T, lines <-chan string, want string) {
	t.Helper()
	late := time.After(within)
	for {
		select {
		case line, running := <-lines:
			if strings.Contains(line, want) {
				return
			}
			if !running {
				t.Fatalf("the emulator has ended without %q", want)
			}
		case <-late:
			t.Fatalf("the emulator does not say %q", want)
		}
	}
}

// The emulator knows transmitters only and serves a single connection, so it is not asked whether it is there first.
func TestKannelsMessageCentreTakesTexts(t *testing.T) {
	t.Parallel()
	newBox(t)
	port := ports(t, 1)[0]
	lines := start(t, "/usr/lib/kannel/test/drive_smpp", "-v", "0", "-p", fmt.Sprint(port), "-m", "100")
	s, err := sms.NewSMPP(sms.SMPPConfig{Address: local(port), Plain: true, Bind: sms.Transmitter, SystemID: "foo", Password: "bar", From: "Acme"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	patiently(t, s, text(code+" is your Acme code. #"+code))
	heard(t, lines, "type bind_transmitter")
	heard(t, lines, "submit_sm: short_message = <"+code+" is your Acme code. #"+code+">")
	// It shows octets up to a zero, which is the @ of GSM.
	for body, shown := range map[string]string{bound: "submit_sm: short_message = <" + code + " is your Acme code.", "å@": "submit_sm: short_message = <\x0f>"} {
		if err := s.Send(t.Context(), text(body)); err != nil {
			t.Fatal(err)
		}
		heard(t, lines, shown)
	}
	for _, body := range []string{"Код " + code, strings.Repeat("long ", 40)} {
		if err := s.Send(t.Context(), text(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	heard(t, lines, "type unbind")
	heard(t, lines, "messages sent to SMSC: 6") // the last text has two parts
}

// patiently sends as soon as the other side listens.
func patiently(t *testing.T, s sms.Sender, x sms.Text) {
	t.Helper()
	again, late := time.NewTicker(20*time.Millisecond), time.After(within)
	defer again.Stop()
	for {
		err := s.Send(t.Context(), x)
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-late:
			t.Fatal(err)
		}
	}
}
