// Buys a ticket: go run . localhost:7070
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // the service config asks replicas whether they serve
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	catalogv1 "eventhub.example/contract/catalog/v1"
	identityv1 "eventhub.example/contract/identity/v1"
	inventoryv1 "eventhub.example/contract/inventory/v1"
	ordersv1 "eventhub.example/contract/orders/v1"
	ticketingv1 "eventhub.example/contract/ticketing/v1"
)

const serviceConfig = "../../clients/eventhub/service_config.json"

func main() {
	config, err := os.ReadFile(serviceConfig)
	check(err)
	channel, err := grpc.NewClient(os.Args[1],
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(string(config)))
	check(err)
	defer channel.Close()
	ctx := guest(channel)

	events, err := catalogv1.NewCatalogServiceClient(channel).SearchEvents(ctx, &catalogv1.SearchEventsRequest{})
	check(err)
	event := events.Events[0]
	buy(ctx, channel, event.EventId, event.TicketTypes[0].TicketTypeId)
	refused(ctx, channel)
}

// guest begins a buyer's session. What it answers carries the token, and the language of words for people.
func guest(channel *grpc.ClientConn) context.Context {
	started, err := identityv1.NewIdentityServiceClient(channel).StartGuest(context.Background(),
		&identityv1.StartGuestRequest{GuestId: id("gst"), Name: "Ana Souza", Email: "ana@example.com"})
	check(err)
	return metadata.AppendToOutgoingContext(context.Background(),
		"authorization", "Bearer "+started.Tokens.AccessToken, "accept-language", "en")
}

func buy(ctx context.Context, channel *grpc.ClientConn, eventID, typeID string) {
	held, err := inventoryv1.NewInventoryServiceClient(channel).Hold(ctx, &inventoryv1.HoldRequest{
		HoldId: id("hld"), EventId: eventID, Items: []*inventoryv1.HoldItem{{TicketTypeId: typeID, Quantity: 1}}})
	check(err)
	orders := ordersv1.NewOrdersServiceClient(channel)
	bought, err := orders.Checkout(ctx, &ordersv1.CheckoutRequest{
		OrderId: id("ord"), HoldId: held.Hold.HoldId,
		Method: &ordersv1.CheckoutRequest_Card_{Card: &ordersv1.CheckoutRequest_Card{Token: "tok_ok"}}})
	check(err)
	watch, err := orders.WatchOrder(ctx, &ordersv1.WatchOrderRequest{OrderId: bought.Order.OrderId})
	check(err)
	for {
		news, err := watch.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		check(err)
		if news.Order != nil {
			fmt.Println(news.Order.State)
		}
	}
	ticketing := ticketingv1.NewTicketingServiceClient(channel)
	var tickets []*ticketingv1.Ticket
	for len(tickets) == 0 { // they are issued a moment after the order is paid
		listed, err := ticketing.ListTickets(ctx, &ticketingv1.ListTicketsRequest{OrderId: bought.Order.OrderId})
		check(err)
		tickets = listed.Tickets
	}
	fmt.Println("ticket", tickets[0].TicketTypeName)
}

// refused shows how a refusal is read: its reason for programs, its words for people.
func refused(ctx context.Context, channel *grpc.ClientConn) {
	_, err := catalogv1.NewCatalogServiceClient(channel).GetEvent(ctx, &catalogv1.GetEventRequest{EventId: "evt_none"})
	for _, detail := range status.Convert(err).Details() {
		switch found := detail.(type) {
		case *errdetails.ErrorInfo:
			fmt.Println("refused", found.Domain, found.Reason)
		case *errdetails.LocalizedMessage:
			fmt.Println("people read:", found.Message)
		}
	}
}

// id is one of the caller's choosing. Keep it before the call: a repeat with the same id is the same call.
func id(prefix string) string {
	random := make([]byte, 16)
	_, err := rand.Read(random)
	check(err)
	return prefix + "_" + hex.EncodeToString(random)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
