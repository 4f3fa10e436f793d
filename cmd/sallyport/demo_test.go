package main_test

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// way presses the button of a way to pass, whatever it is called.
func (c *chromium) way(beginning string) {
	c.t.Helper()
	c.navigate(chromedp.Click(chromedp.CSS(fmt.Sprintf(`button[name="way"][value^=%q]`, beginning))))
}

// The terminal shows a command that works as it is printed.
func TestR1DemoTellsHowToIssueAnAccessCode(t *testing.T) {
	d := show(t)
	at := strings.Index(d.out, "admin access-code issue")
	if at < 0 {
		t.Fatalf("not in the terminal:\n%s", d.out)
	}
	line := d.out[strings.LastIndex(d.out[:at], "\n")+1:]
	line, _, _ = strings.Cut(line, "\n")
	out, err := exec.Command("sh", "-c", line).CombinedOutput()
	m := shown.FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	c := openChromium(t)
	c.enterAt(d, "Acme", grace)
	c.unfold()
	c.way("access_code")
	c.code(string(m[1]))
	c.see("Allow ")
}

// What the terminal notes beside a person is what happens to them, as long as nobody has changed anything: this runs before
// the tests that do.
func TestDemoHasSomebodyInEachSituation(t *testing.T) {
	d := show(t)
	for _, row := range []struct{ tenant, email, password, tells string }{
		{"Acme", "robot@acme.test", "robot-works-at-night", "This account serves programs"},
		{"Acme", "rescue@acme.test", "rescue-breaks-the-glass", "Allow"},
		{"Acme", "edith@acme.test", "edith-charts-the-lines", "Choose a second step"},
		{"Globex", "barbara@globex.test", "barbara-likes-clu", "Allow"},
		{"Globex", "carol@secure.test", "carol-guards-the-river", "Globex requires two-step sign-in"},
		{"Initech", "peter@initech.test", "peter-skips-mondays", "put this off 2 times"},
	} {
		if !strings.Contains(d.out, row.email) || !strings.Contains(d.out, row.password) {
			t.Errorf("the terminal does not name %s", row.email)
		}
		c := openChromium(t)
		c.enterAt(d, row.tenant, person{row.email, row.password})
		if text := c.text(); !strings.Contains(text, row.tells) {
			t.Errorf("%s: %q is missing in\n%s", row.email, row.tells, text)
		}
		if row.tells == "Allow" {
			c.press("Allow")
		}
	}
	d.mail(t, "olivia@acme.test", "rescue@acme.test", 0) // the owner is told
}

// TestDemoTellsWhatToOpenAndType is what the terminal shows.
func TestDemoTellsWhatToOpenAndType(t *testing.T) {
	d := startDemo(t)
	for _, word := range []string{d.app()[:len(d.app())-1], d.provider(""), d.entra(""), "kim@contoso.test", "nora@fabrikam.test", "ada@acme.test", "ada-loves-engines", "grace@acme.test", "olivia@acme.test", "alan@globex.test"} {
		if !strings.Contains(d.out, word) {
			t.Errorf("the terminal does not show %q:\n%s", word, d.out)
		}
	}
	if lines := strings.Count(d.out, "\n"); lines > 40 {
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
