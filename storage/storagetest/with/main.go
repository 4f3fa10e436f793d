// Command with runs another command beside a throw-away PostgreSQL, as in
// `go run ./storage/storagetest/with go test ./...`. It owns the server and its
// temporary directory, nothing of what the tests make in it; the command finds
// the superuser's connection string in SALLYPORT_TEST_DATABASE_URL, and its exit
// code becomes ours.
//
// It depends on storage/embedded alone, so that tests and product run the same server.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"sallyport/storage/embedded"
)

const (
	patience = time.Minute // for the server to start, and to stop
	broken   = 125         // our own failures; the shells' "not found" is 127
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: with command [argument ...]")
		os.Exit(broken)
	}
	// From the first moment on: a signal must not leave a server behind.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	code, err := inside(signals, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "with:", err)
	}
	os.Exit(code)
}

// inside wraps the command in a directory that a server of root's may enter.
func inside(signals <-chan os.Signal, args []string) (code int, err error) {
	dir, err := os.MkdirTemp("", "sallyport-with-")
	if err != nil {
		return broken, fmt.Errorf("make temporary directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o711); err != nil {
		return broken, fmt.Errorf("open temporary directory: %w", err)
	}
	return beside(signals, dir+"/data", args)
}

func beside(signals <-chan os.Signal, dir string, args []string) (code int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	server, err := embedded.Start(ctx, embedded.Options{Dir: dir, Volatile: true})
	if err != nil {
		return broken, fmt.Errorf("start database: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		err = errors.Join(err, server.Stop(ctx))
	}()
	return run(signals, server.URLFor("postgres", "postgres"), args)
}

func run(signals <-chan os.Signal, url string, args []string) (int, error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "SALLYPORT_TEST_DATABASE_URL="+url)
	if err := cmd.Start(); err != nil {
		return broken, fmt.Errorf("start command: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			cmd.Process.Signal(s)
		case err := <-ended:
			return exitCode(cmd.ProcessState, err)
		}
	}
}

// exitCode follows the shells: a command ended by a signal has 128 and its number.
func exitCode(state *os.ProcessState, err error) (int, error) {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return broken, fmt.Errorf("run command: %w", err)
	}
	return 0, nil
}
