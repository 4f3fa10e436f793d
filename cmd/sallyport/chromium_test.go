package main_test

import (
	"context"
	_ "embed"
	"encoding/base32"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"
)

//go:embed testdata/axe.min.js
var axe string

// chromium drives a real browser. A missing one fails the test.
type chromium struct {
	t    *testing.T
	ctx  context.Context
	shot int
	dir  string // where pictures go; empty takes none
}

func openChromium(t *testing.T) *chromium {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1000, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("no-first-run", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.WSURLReadTimeout(time.Minute))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	ctx, done := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(done)
	return &chromium{t: t, ctx: ctx, dir: os.Getenv("SALLYPORT_TEST_SCREENSHOTS")}
}

func (c *chromium) do(steps ...chromedp.Action[chromedp.Void]) {
	c.t.Helper()
	if err := chromedp.Do(c.ctx, steps...); err != nil {
		c.t.Fatalf("chromium: %v\n%s", err, c.where())
	}
}

// navigate does what leads to another page and waits for that page.
func (c *chromium) navigate(steps ...chromedp.Action[chromedp.Void]) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, 30*time.Second)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, steps...); err != nil {
		c.t.Fatalf("chromium: %v\n%s", err, c.where())
	}
}

func evaluate[T any](c *chromium, expression string) T {
	c.t.Helper()
	value, err := chromedp.Run(c.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		c.t.Fatalf("chromium: %v\n%s", err, c.where())
	}
	return value
}

func (c *chromium) where() string {
	ctx, cancel := context.WithTimeout(c.ctx, 5*time.Second)
	defer cancel()
	at, _ := chromedp.Run(ctx, chromedp.Location())
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
	return at + "\n" + text
}

// see expects the page with the heading, looks at it in light and dark and at the width of a telephone, and
// has axe-core check it each time.
func (c *chromium) see(heading string) {
	c.t.Helper()
	if got := evaluate[string](c, `document.querySelector('h1') ? document.querySelector('h1').innerText : ''`); !strings.Contains(got, heading) {
		c.t.Fatalf("the heading is %q, want %q\n%s", got, heading, c.where())
	}
	c.shot++
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1000, 375} {
			c.do(emulate(scheme), chromedp.EmulateViewport(width, 900))
			c.check(fmt.Sprintf("%s, %s, %d px", heading, scheme, width))
			c.picture(fmt.Sprintf("%s-%02d-%s-%d", c.t.Name(), c.shot, scheme, width))
		}
	}
	c.do(emulate(""), chromedp.ResetViewport())
}

func emulate(scheme string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (v chromedp.Void, err error) {
		_, err = cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			// Without motion, colours change at once: axe-core would measure them half way.
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return v, err
	}
}

func (c *chromium) check(what string) {
	c.t.Helper()
	evaluate[int](c, axe+";0")
	problems := evaluate[[]string](c, `axe.run(document, {resultTypes: ['violations']}).then(r =>
		r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.map(n => n.target.join(' ')).join(', ')))`)
	for _, p := range problems {
		c.t.Errorf("axe-core on %s: %s", what, p)
	}
	if evaluate[bool](c, `document.documentElement.scrollWidth > document.documentElement.clientWidth`) {
		c.t.Errorf("%s: scrolls sideways", what)
	}
}

func (c *chromium) picture(name string) {
	c.t.Helper()
	if c.dir == "" {
		return
	}
	png, err := chromedp.Run(c.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(c.dir, name+".png"), png, 0o644)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// press clicks the button or link with the text and waits for the page it leads to.
func (c *chromium) press(label string) {
	c.t.Helper()
	c.navigate(chromedp.Click(chromedp.Search(fmt.Sprintf(`(//button | //a)[normalize-space(.)=%q or starts-with(normalize-space(.), %q)]`, label, label+" "))))
}

func (c *chromium) typeInto(name, text string) {
	c.t.Helper()
	field := chromedp.CSS(fmt.Sprintf(`input[name=%q]`, name))
	c.do(chromedp.Clear(field), chromedp.SendKeys(field, text))
}

// enter presses the Enter key in the field: everything works from the keyboard.
func (c *chromium) enter(name string) {
	c.t.Helper()
	c.navigate(chromedp.SendKeys(chromedp.CSS(fmt.Sprintf(`input[name=%q]`, name)), "\r"))
}

func (c *chromium) text() string {
	c.t.Helper()
	return evaluate[string](c, "document.body.innerText")
}

func (c *chromium) open(address string) {
	c.t.Helper()
	c.do(chromedp.Navigate(address))
}

// alerted expects an error on the page that says so.
func (c *chromium) alerted(text string) {
	c.t.Helper()
	got := evaluate[string](c, `document.querySelector('[role=alert]') ? document.querySelector('[role=alert]').innerText : ''`)
	if got == "" || !strings.Contains(got, text) {
		c.t.Fatalf("the page tells %q, want %q\n%s", got, text, c.where())
	}
}

// choose picks a radio button.
func (c *chromium) choose(name, value string) {
	c.t.Helper()
	c.do(chromedp.Click(chromedp.CSS(fmt.Sprintf(`input[name=%q][value=%q]`, name, value))))
}

// claim is the value beside a claim's name in the sample application.
func (c *chromium) claim(name string) string {
	c.t.Helper()
	return evaluate[string](c, fmt.Sprintf(`(() => { for (const row of document.querySelectorAll('tbody tr')) {
		if (row.querySelector('th') && row.querySelector('th').innerText.trim() === %q) return row.querySelector('td').innerText.trim() }
		return '' })()`, name))
}

// keep confirms that the backup codes on the page are kept, and returns them.
func (c *chromium) keep() []string {
	c.t.Helper()
	c.see("Keep your backup codes")
	codes := strings.Fields(evaluate[string](c, `document.querySelector('#codes').innerText`))
	if len(codes) != 10 {
		c.t.Fatalf("%d backup codes", len(codes))
	}
	c.do(chromedp.Click(chromedp.CSS(`input[name="kept"]`)))
	c.press("Confirm")
	return codes
}

// key is what somebody types who cannot scan the picture.
func (c *chromium) key() string {
	c.t.Helper()
	if !evaluate[bool](c, `document.querySelector('details').open`) {
		c.do(chromedp.Click(chromedp.CSS("summary")))
	}
	return strings.Join(strings.Fields(evaluate[string](c, `document.querySelector('#key').innerText`)), "")
}

// codeOf computes what the app shows a number of steps from now.
func codeOf(t *testing.T, key string, steps int) string {
	t.Helper()
	if _, err := base32.StdEncoding.DecodeString(key); err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(key, time.Now().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return code
}
