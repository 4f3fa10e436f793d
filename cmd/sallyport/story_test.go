package main_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// demonstration is the demo, run as a visitor runs it: the binary, in a process of its own.
type demonstration struct {
	base int
	out  string
}

func startDemo(t *testing.T) demonstration {
	t.Helper()
	dir, err := os.MkdirTemp("", "sallyport-story-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	// The database may run as another user, who has to pass through.
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "sallyport")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	d := demonstration{base: freePorts(t)}
	cmd := exec.Command(binary, "demo", "--port-base", fmt.Sprint(d.base), "--fresh", "--data-dir", filepath.Join(dir, "data"))
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("demo ended with %v", err)
		}
	})
	d.out = until(t, stdout, "Ctrl-C")
	return d
}

// until reads the terminal up to the line that says the demo is ready.
func until(t *testing.T, r io.Reader, word string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(r); s.Scan(); {
			select {
			case lines <- s.Text():
			case <-ctx.Done():
			}
		}
	}()
	var all strings.Builder
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				t.Fatalf("demo ended early:\n%s", all.String())
			}
			all.WriteString(line + "\n")
			if strings.Contains(line, word) {
				return all.String()
			}
		case <-ctx.Done():
			t.Fatalf("demo is not ready:\n%s", all.String())
		}
	}
}

// freePorts finds four neighbouring ports that nobody uses.
func freePorts(t *testing.T) int {
	t.Helper()
	for base := 18080; base < 30000; base += 10 {
		free := true
		for port := base; port < base+4; port++ {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				free = false
				break
			}
			l.Close()
		}
		if free {
			return base
		}
	}
	t.Fatal("no free ports")
	return 0
}

func (d demonstration) app() string { return fmt.Sprintf("http://localhost:%d/", d.base+1) }

func (d demonstration) provider(path string) string {
	return fmt.Sprintf("http://localhost:%d%s", d.base, path)
}

// TestR3R6R15R21StoryOfAPersonWithPasswordAndAuthenticatorApp is the main job from one command: password, forced enrolment,
// code, consent, verified claims, step-up, refresh, settings and sign-out, each page looked at in light and dark, wide and
// narrow, with axe-core.
func TestR3R6R15R21StoryOfAPersonWithPasswordAndAuthenticatorApp(t *testing.T) {
	d := startDemo(t)
	c := openChromium(t)
	c.open(d.app())
	c.see("Sign in")
	c.press("Sign in at Acme")
	c.see("Sign in")
	c.typeInto("email", "ada@acme.test")
	c.enter("email")
	c.see("Enter your password")

	c.typeInto("password", "not her password")
	c.enter("password")
	c.alerted("not right")
	c.see("Enter your password")
	c.typeInto("password", "ada-loves-engines")
	c.enter("password")

	c.see("Set up an authenticator app")
	key := c.key()
	c.typeInto("code", "000000")
	c.enter("code")
	c.alerted("not right")
	if again := c.key(); again != key {
		t.Error("a wrong code changed the key: what was scanned already is worth nothing")
	}
	used := codeOf(t, key, 0)
	c.typeInto("code", used)
	c.enter("code")
	codes := c.keep()

	c.see("Allow ")
	c.press("Allow")
	c.see("You are signed in")
	for name, want := range map[string]string{"acr": "urn:sallyport:acr:aal2", "amr": "pwd", "tenant": "acme"} {
		if got := c.claim(name); !strings.Contains(got, want) {
			t.Errorf("claim %s is %q, want %q", name, got, want)
		}
	}
	sid := c.claim("sid")

	c.press("Refresh tokens")
	c.see("You are signed in")
	if got := c.claim("acr"); got != "urn:sallyport:acr:aal2" {
		t.Errorf("acr after refresh is %q", got)
	}
	c.press("Ask for a second factor now") // the session has it: nothing is asked
	c.see("You are signed in")

	c.press("Sign in again")
	c.see("Enter your password")
	c.typeInto("password", "ada-loves-engines")
	c.enter("password")
	c.see("Confirm that it is you")
	c.typeInto("code", used) // once was enough
	c.enter("code")
	c.alerted("")
	c.do(chromedp.Click(chromedp.CSS("summary")))
	c.press("Backup code")
	c.see("Confirm that it is you")
	c.typeInto("code", strings.ToLower(codes[0]))
	c.enter("code")
	c.see("You are signed in")
	if got := c.claim("acr"); got != "urn:sallyport:acr:2sv" {
		t.Errorf("acr after a backup code is %q", got)
	}
	if got := c.claim("sid"); got != sid {
		t.Errorf("signing in again opened another session: %s, then %s", sid, got)
	}

	c.open(d.provider("/account"))
	c.see("My settings")
	for _, part := range []string{"Authenticator app", "This browser", "Sample app"} {
		if !strings.Contains(c.text(), part) {
			t.Errorf("settings do not show %q", part)
		}
	}
	c.open(d.app())
	c.press("Sign out")
	c.see("Sign in")
	c.open(d.provider("/account"))
	c.see("Sign in")
}

// TestR7PersonTurnsTwoStepSignInOnAndOff is opting in from "My settings" where the tenant leaves it to people.
func TestR7PersonTurnsTwoStepSignInOnAndOff(t *testing.T) {
	d := startDemo(t)
	c := openChromium(t)
	c.open(d.provider("/account"))
	c.see("Sign in")
	c.typeInto("email", "alan@globex.test")
	c.enter("email")
	c.see("Enter your password")
	c.typeInto("password", "alan-breaks-enigma")
	c.enter("password")
	c.see("My settings")
	c.press("Add an authenticator app")
	c.see("Set up an authenticator app")
	key := c.key()
	c.typeInto("code", codeOf(t, key, 0))
	c.enter("code")
	c.keep()
	c.see("My settings")

	// Signed in elsewhere, it is asked for, although the tenant does not require it.
	other := openChromium(t)
	other.open(d.app())
	other.press("Sign in without naming a tenant")
	other.see("Sign in")
	other.typeInto("email", "alan@globex.test")
	other.enter("email")
	other.see("Enter your password")
	other.typeInto("password", "alan-breaks-enigma")
	other.enter("password")
	other.see("Confirm that it is you")
	other.typeInto("code", codeOf(t, key, 1))
	other.enter("code")
	other.see("Allow ")
	other.press("Do not allow")
	other.see("Sign in")
	if !strings.Contains(other.text(), "access_denied") {
		t.Error("the application does not tell that access was denied")
	}

	c.press("Remove")
	c.see("Remove ")
	c.press("Remove")
	c.see("My settings")
	if !strings.Contains(c.text(), "no second step yet") {
		t.Error("the removed factor is still shown")
	}
}

// TestR18OwnerChangesTheTenantsPolicy is the administrator's page.
func TestR18OwnerChangesTheTenantsPolicy(t *testing.T) {
	d := startDemo(t)
	c := openChromium(t)
	c.open(d.provider("/admin/policy"))
	c.see("Sign in")
	c.typeInto("email", "olivia@acme.test")
	c.enter("email")
	c.see("Enter your password")
	c.typeInto("password", "olivia-keeps-the-keys")
	c.enter("password")
	c.see("Set up an authenticator app")
	c.typeInto("code", codeOf(t, c.key(), 0))
	c.enter("code")
	c.keep()
	c.see("policy")
	c.choose("mode", "optional")
	c.press("Save policy")
	c.see("policy")
	if !strings.Contains(c.text(), "olivia@acme.test") {
		t.Error("the history does not name who changed the policy")
	}
}

// TestDemoTellsWhatToOpenAndType is what the terminal shows.
func TestDemoTellsWhatToOpenAndType(t *testing.T) {
	d := startDemo(t)
	for _, word := range []string{d.app()[:len(d.app())-1], d.provider(""), "ada@acme.test", "ada-loves-engines", "grace@acme.test", "olivia@acme.test", "alan@globex.test"} {
		if !strings.Contains(d.out, word) {
			t.Errorf("the terminal does not show %q:\n%s", word, d.out)
		}
	}
	if lines := strings.Count(d.out, "\n"); lines > 30 {
		t.Errorf("%d lines are not short", lines)
	}
	res, err := http.Get(d.provider("/readyz"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("not ready: %d", res.StatusCode)
	}
}
