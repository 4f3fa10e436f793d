package main_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// chromium drives a real browser. A missing one fails the test.
type chromium struct {
	t   *testing.T
	ctx context.Context
	dir string // where pictures go; empty takes none
}

// openChromium is somebody's own browser, with cookies of its own, as far as anybody can see.
func openChromium(t *testing.T) *chromium {
	t.Helper()
	show(t)
	ctx, cancel := chromedp.NewContext(stage.browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a browser: %v", err)
	}
	ctx, done := context.WithTimeout(ctx, 6*time.Minute)
	t.Cleanup(done)
	return &chromium{t: t, ctx: ctx, dir: os.Getenv("SALLYPORT_TEST_SCREENSHOTS")}
}

// launch starts the one process of Chromium that all tests share.
func launch(t *testing.T, profile string) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile), chromedp.WindowSize(1000, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("no-first-run", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.WSURLReadTimeout(time.Minute))
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return ctx
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

func (c *chromium) open(address string) {
	c.t.Helper()
	c.do(chromedp.Navigate(address))
}

// choose picks a radio button.
func (c *chromium) choose(name, value string) {
	c.t.Helper()
	c.do(chromedp.Click(chromedp.CSS(fmt.Sprintf(`input[name=%q][value=%q]`, name, value))))
}

// call gives the browser itself a command.
func call[P, R any](c *chromium, command cdp.Command[P, R], p P) R {
	c.t.Helper()
	value, err := chromedp.Run(c.ctx, chromedp.Action[R](func(ctx context.Context, t *chromedp.Target) (R, error) {
		return cdp.Call(ctx, t, command, p)
	}))
	if err != nil {
		c.t.Fatalf("chromium: %v", err)
	}
	return value
}
