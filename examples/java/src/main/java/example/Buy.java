package example;

import com.eventhub.catalog.v1.CatalogServiceGrpc;
import com.eventhub.catalog.v1.Event;
import com.eventhub.catalog.v1.GetEventRequest;
import com.eventhub.catalog.v1.SearchEventsRequest;
import com.eventhub.identity.v1.IdentityServiceGrpc;
import com.eventhub.identity.v1.StartGuestRequest;
import com.eventhub.inventory.v1.HoldItem;
import com.eventhub.inventory.v1.HoldRequest;
import com.eventhub.inventory.v1.InventoryServiceGrpc;
import com.eventhub.orders.v1.CheckoutRequest;
import com.eventhub.orders.v1.OrdersServiceGrpc;
import com.eventhub.orders.v1.WatchOrderRequest;
import com.eventhub.ticketing.v1.ListTicketsRequest;
import com.eventhub.ticketing.v1.Ticket;
import com.eventhub.ticketing.v1.TicketingServiceGrpc;
import com.google.gson.Gson;
import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import com.google.rpc.LocalizedMessage;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** Buys a ticket. */
public final class Buy {
  private static final Path SERVICE_CONFIG = Path.of("../../clients/eventhub/service_config.json");

  public static void main(String[] arguments) throws Exception {
    Map<String, ?> config = new Gson().fromJson(Files.readString(SERVICE_CONFIG), Map.class);
    ManagedChannel channel =
        ManagedChannelBuilder.forTarget(arguments[0]).usePlaintext().defaultServiceConfig(config).build();
    try {
      Metadata headers = guest(channel);
      buy(channel, headers);
      refused(channel, headers);
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  /** Begins a buyer's session. The headers carry its token, and the language of words for people. */
  private static Metadata guest(ManagedChannel channel) {
    var started = IdentityServiceGrpc.newBlockingStub(channel)
        .startGuest(StartGuestRequest.newBuilder()
            .setGuestId(id("gst")).setName("Ana Souza").setEmail("ana@example.com").build());
    Metadata headers = new Metadata();
    headers.put(key("authorization"), "Bearer " + started.getTokens().getAccessToken());
    headers.put(key("accept-language"), "en");
    return headers;
  }

  private static void buy(ManagedChannel channel, Metadata headers) {
    var speaks = MetadataUtils.newAttachHeadersInterceptor(headers);
    Event event = CatalogServiceGrpc.newBlockingStub(channel).withInterceptors(speaks)
        .searchEvents(SearchEventsRequest.getDefaultInstance()).getEvents(0);
    var item = HoldItem.newBuilder().setTicketTypeId(event.getTicketTypes(0).getTicketTypeId()).setQuantity(1);
    var held = InventoryServiceGrpc.newBlockingStub(channel).withInterceptors(speaks)
        .hold(HoldRequest.newBuilder().setHoldId(id("hld")).setEventId(event.getEventId()).addItems(item).build());
    var orders = OrdersServiceGrpc.newBlockingStub(channel).withInterceptors(speaks);
    var bought = orders.checkout(CheckoutRequest.newBuilder()
        .setOrderId(id("ord")).setHoldId(held.getHold().getHoldId())
        .setCard(CheckoutRequest.Card.newBuilder().setToken("tok_ok")).build());
    String orderId = bought.getOrder().getOrderId();
    orders.watchOrder(WatchOrderRequest.newBuilder().setOrderId(orderId).build()).forEachRemaining(news -> {
      if (news.hasOrder()) {
        System.out.println(news.getOrder().getState());
      }
    });
    var ticketing = TicketingServiceGrpc.newBlockingStub(channel).withInterceptors(speaks);
    List<Ticket> tickets = List.of();
    while (tickets.isEmpty()) { // they are issued a moment after the order is paid
      tickets = ticketing.listTickets(ListTicketsRequest.newBuilder().setOrderId(orderId).build()).getTicketsList();
    }
    System.out.println("ticket " + tickets.get(0).getTicketTypeName());
  }

  /** How a refusal is read: its reason for programs, its words for people. */
  private static void refused(ManagedChannel channel, Metadata headers) throws Exception {
    var catalog = CatalogServiceGrpc.newBlockingStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    try {
      catalog.getEvent(GetEventRequest.newBuilder().setEventId("evt_none").build());
    } catch (StatusRuntimeException error) {
      for (Any detail : StatusProto.fromThrowable(error).getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          ErrorInfo info = detail.unpack(ErrorInfo.class);
          System.out.println("refused " + info.getDomain() + " " + info.getReason());
        } else if (detail.is(LocalizedMessage.class)) {
          System.out.println("people read: " + detail.unpack(LocalizedMessage.class).getMessage());
        }
      }
    }
  }

  /** An id of the caller's choosing. Keep it before the call: a repeat with the same id is the same call. */
  private static String id(String prefix) {
    return prefix + "_" + UUID.randomUUID().toString().replace("-", "");
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }
}
